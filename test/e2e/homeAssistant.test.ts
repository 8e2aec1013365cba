import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import { startGateway, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { startMosquitto } from '../support/mosquitto.js'
import { connectDevice, enrol, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'

test('a device of the gateway is in Home Assistant, and nowhere else: approval, value, revocation', async () => {
  const broker = await startMosquitto()
  const gateway = await startGateway({
    env: {
      FIELDPROOF_NETWORK: testNetwork,
      FIELDPROOF_ENROLMENT__OPEN: 'true',
      FIELDPROOF_HOME_ASSISTANT__ENABLED: 'true',
      FIELDPROOF_HOME_ASSISTANT__URL: broker.url,
    },
  })
  const home = await mqtt.connectAsync(broker.url)
  const heard = new Map<string, string>()
  home.on('message', (topic, payload) => heard.set(topic, payload.toString()))
  await home.subscribeAsync(['homeassistant/#', 'fieldproof/#'])
  const holder = holderOf(77)
  const id = await enrol(gateway, holder, ['temperature'])
  const topic = `homeassistant/sensor/fieldproof_${id}_temperature/config`
  await until('the sensor', () => heard.has(topic))
  const { state_topic: state } = JSON.parse(heard.get(topic)!)
  const device = await connectDevice(gateway, holder)
  const time = Math.floor(Date.now() / 1_000)
  const bytes = readingOf(holder, testNetwork, 1, [
    { metric: 'temperature', time, value: { m: 215, e: -1 } },
  ])
  expect(await device.verdict(bytes)).toBe('accepted')
  await until('the value', () => heard.get(state) === '21.5')
  await gateway.api(`/api/devices/${id}/state`, { state: 'revoked' })
  await until('removal', () => heard.get(topic) === '')
  await device.close().catch(() => undefined)
  await home.endAsync()
  expect(await gateway.stop()).toBe(0)
  await broker.stop()
})
