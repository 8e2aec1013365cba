import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fromB64u, toB64u, toHex, utf8 } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from '../../gateway/core/crypto.js'
import { enrolmentCode, provisionedSeed } from '../../gateway/core/device/code.js'
import { parseConnectToken, verifyConnectToken } from '../../gateway/core/device/connect.js'
import {
  encodeConfiguration,
  encodeReceipt,
  encodeTime,
} from '../../gateway/core/device/downlink.js'
import { parseEnrolment, verifyEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf, deviceIdOfKid } from '../../gateway/core/device/key.js'
import {
  parseRotation,
  parseSelfRevocation,
  verifyRotation,
} from '../../gateway/core/device/rotation.js'
import { formatSentence, parseLine } from '../../gateway/core/frame/sentence.js'
import { decodeReading } from '../../gateway/core/senml/reading.js'
import { key1, seed1, seed2, vectorTime } from '../../schemas/vectors/message.js'
import { buildFolder, buildHost, HostSession, sanitizeFlags } from '../support/firmware.js'

/** A board in a time of its own, against a gateway that the test plays line by line. */
const gatewaySeed = new Uint8Array(32).fill(9)
const gateway = {
  publicKey: ed25519PublicKey(gatewaySeed),
  sign: (bytes: Uint8Array) => ed25519Sign(bytes, gatewaySeed),
}
const network = 'testnet'
const id = deviceIdOf(key1)
const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const reading = 'temperature:215:-1'

interface Said {
  type: string
  fields: string[]
}

/** The sentences among what a board said. */
function sentences(lines: readonly string[]): Said[] {
  return lines.flatMap((line) => {
    const parsed = parseLine(line)
    return parsed.kind === 'sentence' ? [{ type: parsed.type, fields: parsed.fields }] : []
  })
}

function types(lines: readonly string[]): string[] {
  return sentences(lines).map(({ type, fields }) =>
    type === 'RD' || type === 'RO' || type === 'RV' ? `${type} ${fields[0]}` : type,
  )
}

function events(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('! ')).map((line) => line.slice(2))
}

describe('a board on a serial line', () => {
  const { folder, remove } = buildFolder()
  let program = ''
  let board: HostSession
  let now = 0

  beforeAll(async () => {
    program = await buildHost('gcc', ['-O1', ...sanitizeFlags], folder)
  })
  afterAll(remove)
  beforeEach(() => {
    board = new HostSession(program)
    now = 0
  })
  afterEach(() => board.close())

  const says = (type: string, ...fields: string[]): Promise<string[]> =>
    board.ask('rx', toHex(utf8(formatSentence(type, fields))))
  const wait = async (ms: number): Promise<string[]> => {
    now += ms
    return await board.ask('tick', now)
  }
  const power = (): Promise<string[]> => board.ask('power', now)
  const show = async (): Promise<Record<string, string>> => {
    const words = (await board.ask('show')).join(' ').split(' ')
    return Object.fromEntries(words.map((word) => word.split('=') as [string, string]))
  }
  const enrol = async (): Promise<string[]> => [
    ...(await says('EQ', toB64u(nonce), network, toB64u(gateway.publicKey))),
    ...(await wait(0)),
  ]
  const timeFor = (asked: string, sec = vectorTime): string =>
    toB64u(encodeTime({ device: id, nonce: fromB64u(asked)!, sec, ms: 5 }, gateway, network))
  /** Answers the last time query among what the board said. */
  const giveTime = async (lines: readonly string[], sec?: number): Promise<string[]> => {
    const asked = sentences(lines).findLast(({ type }) => type === 'TQ')!
    return await says('TM', timeFor(asked.fields[0]!, sec))
  }
  /** A board that has a key, a gateway and the time. */
  const begin = async (): Promise<void> => {
    await board.ask('install', toHex(seed1))
    await power()
    await giveTime(await enrol())
  }

  it('says hello, proves its key and shows the code, then asks for the time', async () => {
    await board.ask('install', toHex(seed1))
    const hello = sentences(await power())
    expect(hello).toEqual([
      {
        type: 'HI',
        fields: ['1', id, 'FP-Host', '1.0.0', '2', `${2 * 2 ** 32}`, 'rd+en+tq+cf+rc'],
      },
    ])
    expect(await wait(20_000)).toEqual([])
    const answer = await enrol()
    const code = enrolmentCode(gateway.publicKey, key1, nonce)
    expect(answer).toContain(`fieldproof: enrolment code ${code}`)
    expect(events(answer)).toEqual([`enrolling ${code}`])
    expect(types(answer)).toEqual(['EN', 'TQ'])
    const proof = parseEnrolment(fromB64u(sentences(answer)[0]!.fields[0]!)!)
    expect(proof.ok && verifyEnrolment(proof.value, network, ed25519Verify, nonce).ok).toBe(true)
  })

  it('obeys the first gateway, and no other', async () => {
    await begin()
    const other = ed25519PublicKey(seed2)
    expect(sentences(await says('EQ', '', network, toB64u(other)))).toEqual([])
    expect(sentences(await says('EQ', '', 'mainnet', toB64u(gateway.publicKey)))).toEqual([])
    expect(types(await says('EQ', '', network, toB64u(gateway.publicKey)))).toEqual(['EN'])
    await power()
    expect(sentences(await says('EQ', '', network, toB64u(other)))).toEqual([])
  })

  it('asks for the time until it comes, and takes only the answer to its last question', async () => {
    await board.ask('install', toHex(seed1))
    await power()
    const first = sentences(await enrol()).find(({ type }) => type === 'TQ')!.fields[0]!
    const more = await wait(60_000)
    // 0.5 + 1 + 2 + 4 + 8 + 8 + ..
    expect(types(more)).toEqual(Array(10).fill('TQ'))
    expect(events(await says('TM', timeFor(first)))).toEqual([])
    expect((await board.ask('send', reading))[0]).toBe('! not ready')
    expect(events(await giveTime(more))).toEqual(['time'])
    expect(await wait(1_500)).toEqual([])
    expect((await show()).time).toBe(`${vectorTime * 1_000 + 5 + 1_500}`)
    // A clock drifts: it asks again after six hours, and then takes the better time.
    const later = await board.ask('tick', now + 6 * 3_600_000, 60_000)
    expect(types(later)).toContain('TQ')
    await giveTime(later, vectorTime + 21_600)
    expect((await show()).time).toBe(`${(vectorTime + 21_600) * 1_000 + 5}`)
  })

  it('keeps counting time over the end of its millisecond counter', async () => {
    now = 2 ** 32 - 1_000
    await begin()
    await board.ask('tick', 4_000, 100)
    expect((await show()).time).toBe(`${vectorTime * 1_000 + 5 + 5_000}`)
  })

  it('sends at most four at once, each until it is answered', async () => {
    await begin()
    const sent: string[] = []
    for (let i = 0; i < 6; i++) sent.push(...(await board.ask('send', reading)))
    expect(types(sent)).toEqual(['RD 0', 'RD 1', 'RD 2', 'RD 3'])
    expect(await board.ask('send', reading)).toContain('! not sent')
    expect(events(await says('AK', '1'))).toEqual(['accepted'])
    expect(types(await wait(10))).toEqual(['RD 4'])
    expect(events(await says('AK', '1'))).toEqual([])
    const again = await wait(510)
    expect(types(again).sort()).toEqual(['RD 0', 'RD 2', 'RD 3', 'RD 4'])
    const firstBytes = sentences(sent)[0]!.fields[1]
    expect(sentences(again).find(({ fields }) => fields[0] === '0')!.fields[1]).toBe(firstBytes)
    for (const ls of ['0', '2', '3', '4']) await says('AK', ls)
    expect(types(await wait(10))).toEqual(['RD 5'])
    await says('AK', '5')
    expect((await show()).waiting).toBe('0')
    const seqs = sentences(sent).map(({ fields }) => {
      const parsed = decodeReading(fromB64u(fields[1]!)!)
      return parsed.ok ? parsed.value.header.seq - 2 * 2 ** 32 : parsed.detail
    })
    expect(seqs).toEqual([0, 1, 2, 3])
  })

  it('tries five times, then keeps the message until the gateway asks', async () => {
    await begin()
    expect(types(await board.ask('send', reading))).toEqual(['RD 0'])
    const tries = await wait(600_000)
    expect(types(tries)).toEqual(['RD 0', 'RD 0', 'RD 0', 'RD 0'])
    expect(events(tries)).toEqual(['kept'])
    await board.ask('send', reading)
    expect(types(await wait(5_000))).toEqual([])
    expect(types(await says('ID?'))).toEqual(['HI'])
    expect(types(await wait(10))).toEqual(['RD 1', 'RD 2'])
  })

  it('doubles its patience from 500 ms to 8 s', async () => {
    await begin()
    await board.ask('send', reading)
    for (const ms of [500, 1_000, 2_000, 4_000]) {
      expect([ms, types(await wait(ms - 10))]).toEqual([ms, []])
      expect([ms, types(await wait(10))]).toEqual([ms, ['RD 0']])
    }
    expect(events(await wait(7_990))).toEqual([])
    expect(events(await wait(10))).toEqual(['kept'])
  })

  it('sends again what was damaged or came too soon, and drops the rest', async () => {
    await begin()
    for (let i = 0; i < 4; i++) await board.ask('send', reading)
    for (const [ls, reason] of [
      ['0', 'crc'],
      ['1', 'frame'],
      ['2', 'overloaded'],
      ['3', 'replayed'],
    ] as const)
      await says('NK', ls, reason)
    expect(types(await wait(10))).toEqual(['RD 0', 'RD 1'])
    expect(types(await wait(500))).toEqual(['RD 2'])
    expect(events(await says('NK', '2', 'revoked'))).toEqual(['refused revoked'])
  })

  it('saves once per boot and never gives a sequence twice', async () => {
    await begin()
    const seen = new Set<number>()
    for (let boot = 0; boot < 20; boot++) {
      const before = Number((await show()).writes)
      await giveTime(await power())
      for (let i = 0; i < 3; i++)
        for (const { fields } of sentences(await board.ask('send', reading))) {
          const parsed = decodeReading(fromB64u(fields[1]!)!)
          if (parsed.ok) seen.add(parsed.value.header.seq)
        }
      expect(Number((await show()).writes)).toBe(before + 1)
    }
    expect(seen.size).toBe(60)
    expect(Math.min(...seen)).toBe(3 * 2 ** 32)
  })

  it('says nothing where its counter cannot be saved or read', async () => {
    await begin()
    await board.ask('memory', 'break')
    expect(await power()).toEqual(['! state -2'])
    expect(await board.ask('send', reading)).toContain('! not sent')
    await board.ask('memory', 'mend')
    await board.ask('memory', 'unreadable')
    expect(await power()).toEqual(['! state -2'])
    await board.ask('memory', 'mend')
    expect(events(await power())).toEqual(['state 1'])
  })

  it('obeys each configuration once, also over a reset', async () => {
    await begin()
    const configure = (cmdNo: number, intervalSec: number): Promise<string[]> => {
      const fields = { device: id, cmdNo, iat: vectorTime, intervalSec, records: 1 }
      return says('CF', toB64u(encodeConfiguration(fields, gateway, network)))
    }
    expect((await show()).interval).toBe('60')
    expect(events(await configure(2, 30))).toEqual(['configured'])
    expect(events(await configure(2, 40))).toEqual([])
    expect(events(await configure(1, 40))).toEqual([])
    await power()
    expect((await show()).interval).toBe('30')
    expect(events(await configure(2, 40))).toEqual([])
    expect(events(await configure(3, 40))).toEqual(['configured'])
  })

  it('passes receipts on', async () => {
    await begin()
    const receipt = { device: id, seq: 70_000, iat: vectorTime, leaf: new Uint8Array(32) }
    const bytes = encodeReceipt(receipt, gateway, network)
    expect(events(await says('RC', toB64u(bytes)))).toEqual(['receipt 70000'])
    bytes[bytes.length - 1]! ^= 1
    expect(events(await says('RC', toB64u(bytes)))).toEqual([])
  })

  it('changes its key: the same message after a reset, the new key only once it is accepted', async () => {
    await begin()
    await board.ask('rotate', toHex(seed2))
    const first = sentences(await wait(10))[0]!
    expect(await board.ask('send', reading)).toContain('! not sent')
    const rebooted = await power()
    const second = sentences(await wait(10)).find(({ type }) => type === 'RO')!
    expect(second.fields[1]).toBe(first.fields[1])
    const rotation = parseRotation(fromB64u(first.fields[1]!)!)
    expect(rotation.ok && verifyRotation(rotation.value, key1, network, ed25519Verify).ok).toBe(
      true,
    )
    expect(rotation.ok && rotation.value.device).toBe(id)
    await giveTime(rebooted)
    expect(events(await says('AK', second.fields[0]!))).toEqual(['rotated'])
    const sent = sentences(await board.ask('send', reading))[0]!
    const parsed = decodeReading(fromB64u(sent.fields[1]!)!)
    expect(parsed.ok && deviceIdOf(ed25519PublicKey(seed2))).toBe(
      parsed.ok && deviceIdOfKid(parsed.value.header.kid),
    )
    expect(parsed.ok && rotation.ok && parsed.value.header.seq > rotation.value.seq).toBe(true)
    expect(sentences(await power())[0]!.fields[1]).toBe(id)
  })

  it('stays with its key where the change is refused', async () => {
    await begin()
    await board.ask('rotate', toHex(seed2))
    const [rotation] = sentences(await wait(10))
    expect(events(await says('NK', rotation!.fields[0]!, 'suspended'))).toEqual([
      'refused suspended',
    ])
    const sent = sentences(await board.ask('send', reading))[0]!
    const parsed = decodeReading(fromB64u(sent.fields[1]!)!)
    expect(parsed.ok && deviceIdOfKid(parsed.value.header.kid)).toBe(id)
  })

  it('takes itself out', async () => {
    await begin()
    await board.ask('revoke')
    const [revocation] = sentences(await wait(10))
    expect(parseSelfRevocation(fromB64u(revocation!.fields[1]!)!).ok).toBe(true)
    expect(events(await says('AK', revocation!.fields[0]!))).toEqual(['revoked'])
  })

  it('gets key, Wi-Fi and broker by the cable, and no secret comes back', async () => {
    await board.ask('memory', 'new')
    expect(sentences(await power())).toEqual([{ type: 'PQ', fields: ['1', 'FP-Host', '1.0.0'] }])
    expect(types(await says('ID?'))).toEqual(['PQ'])
    const host = new Uint8Array(32).fill(3)
    const owner = '0x52908400098527886E0F7030069857D2E4169EE7'
    const place = [network, toB64u(gateway.publicKey), owner, '871fb4662ffffff']
    expect(sentences(await says('PV', 'AA', ...place))).toEqual([
      { type: 'PA', fields: ['PV', 'frame'] },
    ])
    const made = await says('PV', toB64u(host), ...place)
    const key = ed25519PublicKey(provisionedSeed(utf8('entropy of the board, 32 bytes..'), host))
    expect(sentences(made)[0]).toEqual({ type: 'PA', fields: ['PV', 'ok', toB64u(key)] })
    expect(types(made)).toEqual(['PA', 'HI', 'TQ'])
    const settings = { ssid: 'home', password: 'correct horse', broker: 'mqtts://10.0.0.2:8883' }
    const said: string[] = [...made]
    for (const [name, value] of Object.entries(settings))
      said.push(...(await says('PS', name, toB64u(utf8(value.replace(' ', '_'))))))
    said.push(...(await says('PS', 'ssid', toB64u(new Uint8Array(33).fill(65)))))
    said.push(...(await says('PS', 'colour', 'AA')))
    said.push(...(await says('PE')))
    expect(
      sentences(said)
        .filter(({ type }) => type === 'PA')
        .map(({ fields }) => fields.slice(0, 2).join(' ')),
    ).toEqual(['PV ok', 'PS ok', 'PS ok', 'PS ok', 'PS frame', 'PS unknown', 'PE ok'])
    expect(said.join('\n')).not.toContain(toB64u(utf8('correct_horse')))
    expect((await show()).settings).toBe('home,correct_horse,mqtts://10.0.0.2:8883')
    // Closed now: neither another key nor other settings.
    expect(sentences(await says('PS', 'ssid', 'AA'))[0]!.fields).toEqual(['PS', 'closed'])
    expect(sentences(await says('PV', toB64u(host), ...place))[0]!.fields).toEqual(['PV', 'closed'])
    await board.ask('open')
    expect(sentences(await says('PV', toB64u(host), ...place))[0]!.fields).toEqual(['PV', 'closed'])
    expect(sentences(await says('PS', 'ssid', toB64u(utf8('new'))))[0]!.fields).toEqual([
      'PS',
      'ok',
    ])
    const enrolment = sentences(await enrol()).find(({ type }) => type === 'EN')!
    const proof = parseEnrolment(fromB64u(enrolment.fields[0]!)!)
    expect(proof.ok && [proof.value.owner, proof.value.cell]).toEqual([owner, '871fb4662ffffff'])
  })

  it('says over MQTT who it is', async () => {
    await begin()
    const [topic, enrolment, birth, will, password] = await board.ask('mqtt')
    expect(topic).toBe(`fp1/${network}/d/${id}/up/rd`)
    expect(enrolment).toBe(`fp1/${network}/enrol/${id}/req`)
    expect([JSON.parse(birth!), JSON.parse(will!)]).toEqual([
      { on: 1, bc: 2, fw: '1.0.0' },
      { on: 0, bc: 2 },
    ])
    const token = parseConnectToken(password!)
    if (!token.ok) throw new Error(token.detail)
    expect(verifyConnectToken(token.value, network, vectorTime, ed25519Verify).ok).toBe(true)
    expect(token.value.exp).toBe(vectorTime + 1_800)
  })

  it('reads the gateway’s answers over MQTT', async () => {
    const read = async (command: string, value: unknown): Promise<string> =>
      (await board.ask(command, toHex(utf8(JSON.stringify(value)))))[0]!
    const rejected = { seq: 7, verdict: 'rejected' }
    expect(await read('answer', { seq: 70_000, verdict: 'accepted' })).toBe('accepted 70000')
    expect(await read('answer', { ...rejected, reason: 'overloaded' })).toBe('retry 7')
    expect(await read('answer', { ...rejected, reason: 'replayed' })).toBe('dropped 7')
    expect(await read('answer', { ...rejected, seq: null, reason: 'malformed' })).toBe(
      `dropped ${2n ** 53n}`,
    )
    for (const bad of [{}, { seq: 'x', verdict: 'accepted' }, { seq: -1, verdict: 'accepted' }])
      expect(await read('answer', bad)).toMatch(/^none/)
    const key = toB64u(gateway.publicKey)
    const states = ['pending', 'active', 'suspended', 'revoked', 'refused']
    for (const [i, state] of states.entries())
      expect(await read('enrolled', { v: 1, state, gateway: { id: 'x', key } })).toBe(
        `${i + 1} ${toHex(gateway.publicKey)}`,
      )
    expect(await read('enrolled', { v: 1, state: 'active', gateway: { id: 'x', key: 'AA' } })).toBe(
      '0 ',
    )
    // Escaped quotes and cut texts lead nowhere.
    expect(await read('enrolled', { 'a"key': '"key":"' })).toBe('0 ')
    for (const cut of ['"', '{"seq"', '{"seq":', '{"seq":7,"verdict":"', '{"key":"'])
      for (const command of ['answer', 'enrolled'])
        expect((await board.ask(command, toHex(utf8(cut))))[0]).toMatch(/^(none|0)/)
  })

  it('loses key and counter together', async () => {
    await begin()
    expect(events(await board.ask('memory', 'wipe'))).toEqual(['wiped 1'])
    expect(types(await power())).toEqual(['PQ'])
    expect(await board.ask('send', reading)).toContain('! not sent')
  })
})
