import { expect, test } from 'vitest'
import { configKeys } from '../../gateway/config/keys.js'
import { applyReload, reloadableKeys } from '../../gateway/config/reload.js'
import { loadConfig } from '../../gateway/config.js'

test('takes over what is read anew, and names what waits for a restart', async () => {
  const config = await loadConfig({})
  const next = await loadConfig({
    flags: {
      'logging.level': 'debug',
      'enrolment.open': true,
      'http.port': 9_000,
      'rewards.perHour': '7',
      'store.password': 'secret',
    },
  })
  expect(applyReload(config, next)).toEqual({
    applied: ['enrolment.open', 'logging.level'].sort(
      (a, b) =>
        configKeys().findIndex(({ path }) => path === a) -
        configKeys().findIndex(({ path }) => path === b),
    ),
    needRestart: ['http.port', 'store.password', 'rewards.perHour'],
  })
  expect(config).toMatchObject({ logging: { level: 'debug' }, enrolment: { open: true } })
  expect(config.http.port).toBe(8_484)
  expect(applyReload(config, config)).toEqual({ applied: [], needRestart: [] })
})

test('every key that is taken over exists', () => {
  const paths = configKeys().map(({ path }) => path)
  for (const key of reloadableKeys) expect(paths).toContain(key)
})
