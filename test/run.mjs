/**
 * `npm test`: sees to the real servers and tools, builds, and runs the tests. The last line is
 * `N passed, N failed` in every case, and the exit code says the same.
 *
 *   node test/run.mjs [vitest arguments]
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A program the tests run, and the Debian package that has it. */
const tools = [
  ['influxd', 'influxdb'],
  ['mosquitto', 'mosquitto'],
  ['mosquitto_pub', 'mosquitto-clients'],
  ['socat', 'socat'],
  ['strace', 'strace'],
  ['docker-compose', 'docker-compose'],
  ['chromium', 'chromium'],
]

/** Debian keeps servers in sbin, which a user's PATH may lack. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
process.env.PATH = [...new Set(folders)].join(delimiter)

function isOnPath(program) {
  return folders.some((folder) => existsSync(join(folder, program)))
}

function fail(text) {
  console.error(text)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1
}

function installTools() {
  const packages = tools.filter(([program]) => !isOnPath(program)).map(([, name]) => name)
  if (packages.length === 0) return
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !isOnPath('apt-get')) {
    fail(
      `The tests run against real servers. Install them, then run npm test again:\n  sudo ${install}`,
    )
  }
  console.log(`installing for the tests: ${packages.join(' ')}`)
  const quiet = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  run('apt-get', ['update', '-qq'], quiet)
  // A package's own service must not take the ports that people use.
  const status = run('apt-get', install.split(' ').slice(1).concat('-qq'), quiet)
  if (status !== 0) fail(`this failed, see above:\n  ${install}`)
}

/** Compiled tests whose source is gone would still run. */
function hasStaleBuild() {
  const dist = join(root, 'dist/test')
  if (!existsSync(dist)) return false
  return readdirSync(dist, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.js') && statSync(join(dist, name)).isFile())
    .some((name) => !existsSync(join(root, 'test', name.replace(/\.js$/, '.ts'))))
}

installTools()
const build = run('npm', ['run', '--silent', hasStaleBuild() ? 'rebuild' : 'build'])
if (build !== 0) fail('the build failed, see above')
const status = run('node', ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)])
process.exit(status)
