import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildFolder, compile, ed25519Tool, librarySources } from '../support/firmware.js'
import { projectRoot } from '../support/root.js'

/**
 * The examples against declarations of the cores and libraries that they name (devices/test/stubs),
 * and those for an AVR against Arduino's own core. It shows that they compile, not that they run.
 */
const devices = join(projectRoot(), 'devices')
const examples = join(devices, 'arduino/FieldProof/examples')
const stubs = join(devices, 'test/stubs')
const sketch = (name: string): string => join(examples, name, `${name}.ino`)
const avr = '/usr/share/arduino/hardware/arduino/avr'

const boards = [
  ['ESP32', ['SerialMinimal', 'SerialDHT22', 'MqttEsp32', 'Provision']],
  ['ESP8266', ['SerialMinimal', 'SerialDHT22', 'MqttEsp8266', 'Provision']],
  ['ARDUINO_ARCH_RP2040', ['SerialMinimal', 'SerialDHT22', 'PicoTemperature']],
] as const

describe('the examples', () => {
  const { folder, remove } = buildFolder()
  beforeAll(async () => {
    const { copyEd25519 } = await ed25519Tool()
    copyEd25519(join(folder, 'ed25519'))
  })
  afterAll(remove)

  const flags = ['-x', 'c++', '-std=c++11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only']
  const paths = [`-I${stubs}`, `-I${join(stubs, 'rweather')}`, `-I${folder}`, `-I${librarySources}`]

  it.each(boards)('compile for %s', async (board, names) => {
    const files = [...names.map(sketch), join(librarySources, 'FieldProof.cpp')]
    const definitions = [`-D${board}`, '-DARDUINO=10819', '-include', 'Arduino.h']
    await compile(['g++'], [...flags, ...definitions, ...paths], files, folder)
  })

  it('compile for a Mega 2560, with Arduino’s own core', async () => {
    expect(existsSync(avr), 'Debian package arduino-core-avr').toBe(true)
    const core = join(avr, 'cores/arduino')
    const mega = ['-mmcu=atmega2560', '-DF_CPU=16000000L', '-DARDUINO=10819', '-DARDUINO_ARCH_AVR']
    const places = [core, join(avr, 'variants/mega'), join(avr, 'libraries/EEPROM/src')]
    await compile(
      ['avr-g++'],
      [
        ...['-x', 'c++', '-std=gnu++11', '-Os', '-Wall', '-Wextra', ...mega],
        ...[...places, join(stubs, 'rweather'), librarySources].map((path) => `-I${path}`),
        ...['-include', join(core, 'Arduino.h')],
      ],
      [sketch('MegaMinimal'), sketch('SerialMinimal'), join(librarySources, 'FieldProof.cpp')],
      folder,
    )
  })

  it('have a PlatformIO environment each', () => {
    const environments = readFileSync(join(devices, 'platformio.ini'), 'utf8')
    const names = readdirSync(examples).sort()
    expect(names.length).toBe(7)
    expect(names.filter((name) => !environments.includes(`+<${name}/>`))).toEqual([])
  })
})
