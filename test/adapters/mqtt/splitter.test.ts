import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketSplitter } from '../../../gateway/adapters/mqtt/splitter.js'
import { fixedHeader, packet } from './rawClient.js'

/** Collects what a splitter hands on; holds after every n-th packet where told to. */
function collector(bodyBytesMax: number, holdEvery = 0) {
  const packets: string[] = []
  const broken: string[] = []
  const splitter: PacketSplitter = new PacketSplitter(
    {
      packet(buffer, start, body, end) {
        expect(body - start).toBeGreaterThanOrEqual(2)
        packets.push(buffer.toString('hex', start, end))
        if (holdEvery > 0 && packets.length % holdEvery === 0) splitter.hold()
      },
      broken: (reason) => broken.push(reason),
    },
    bodyBytesMax,
  )
  return { splitter, packets, broken }
}

const packets = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 400 }))
    .map(([head, body]) => packet(head, Buffer.from(body))),
  { maxLength: 20 },
)

describe('the packet splitter', () => {
  it('hands on the same packets however the stream is cut', () => {
    fc.assert(
      fc.property(
        packets,
        fc.array(fc.integer({ min: 1, max: 300 })),
        fc.nat(3),
        (sent, cuts, holdEvery) => {
          const { splitter, packets: got, broken } = collector(400, holdEvery)
          const stream = Buffer.concat(sent)
          let at = 0
          for (const cut of [...cuts, stream.length]) {
            splitter.feed(stream.subarray(at, at + cut))
            at += cut
          }
          for (let i = 0; i <= sent.length; i++) splitter.release()
          expect(got).toEqual(sent.map((bytes) => bytes.toString('hex')))
          expect(broken).toEqual([])
        },
      ),
    )
  })

  it('refuses a packet over the limit from its header alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 101, max: 268_435_455 }), fc.nat(255), (length, head) => {
        const { splitter, packets: got, broken } = collector(100)
        for (const byte of fixedHeader(head, length)) splitter.feed(Buffer.from([byte]))
        expect(broken).toEqual(['oversize'])
        splitter.feed(packet(0x30, Buffer.from('later')))
        expect(got).toEqual([])
      }),
    )
  })

  it('takes a packet of exactly the limit', () => {
    const { splitter, packets: got, broken } = collector(100)
    splitter.feed(packet(0x30, Buffer.alloc(100)))
    expect([got.length, broken]).toEqual([1, []])
  })

  it('refuses a remaining length of five bytes', () => {
    const { splitter, broken } = collector(100)
    splitter.feed(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))
    expect(broken).toEqual(['protocol'])
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
        const { splitter, broken } = collector(300)
        for (const chunk of chunks) splitter.feed(Buffer.from(chunk))
        expect(broken.length).toBeLessThanOrEqual(1)
      }),
    )
  })
})
