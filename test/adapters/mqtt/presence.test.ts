import { describe, expect, it } from 'vitest'
import { PresenceTable, parsePresence } from '../../../gateway/adapters/mqtt/presence.js'
import type { Presence } from '../../../gateway/ports/link.js'
import { device } from './recordingIntake.js'

describe('presence', () => {
  it.each([
    ['{"on":1,"bc":7,"fw":"1.0.3"}', { online: true, bootCount: 7, firmware: '1.0.3' }],
    ['{"on":0,"bc":7}', { online: false, bootCount: 7, firmware: undefined }],
    ['{"on":1,"bc":0,"x":[]}', { online: true, bootCount: 0, firmware: undefined }],
    ['', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['{"on":2,"bc":7}', undefined],
    ['{"on":true,"bc":7}', undefined],
    ['{"on":1}', undefined],
    ['{"on":1,"bc":-1}', undefined],
    ['{"on":1,"bc":1.5}', undefined],
    ['{"on":1,"bc":1e300}', undefined],
    ['{"on":1,"bc":7,"fw":"<script>"}', undefined],
    [`{"on":1,"bc":7,"x":"${'y'.repeat(300)}"}`, undefined],
    ['{"on":1,"bc":7,"fw":"\u00ff"}', undefined],
  ])('reads %s', (text, expected) => {
    expect(parsePresence(Buffer.from(text, 'latin1'))).toEqual(expected)
  })

  function table() {
    const changes: Presence[] = []
    const presence = new PresenceTable((change) => changes.push(change))
    const says = (text: string) => presence.said(device, Buffer.from(text))
    return { presence, changes, says, online: () => changes.at(-1)?.online }
  }

  it('ignores the death of an older boot', () => {
    const { says, online, changes } = table()
    says('{"on":1,"bc":8}')
    says('{"on":0,"bc":7}')
    expect(online()).toBe(true)
    expect(changes).toHaveLength(1)
    says('{"on":0,"bc":8}')
    expect(online()).toBe(false)
  })

  it('believes a birth with a lower boot count: a board that was flashed counts anew', () => {
    const { says, changes } = table()
    says('{"on":1,"bc":8}')
    says('{"on":1,"bc":1}')
    expect(changes.at(-1)?.bootCount).toBe(1)
  })

  it('reports changes only and remembers the firmware', () => {
    const { says, changes, presence } = table()
    says('{"on":1,"bc":8,"fw":"2.0"}')
    says('{"on":1,"bc":8,"fw":"2.0"}')
    presence.connection(device, false)
    presence.connection(device, false)
    expect(changes).toEqual([
      { device, online: true, bootCount: 8, firmware: '2.0' },
      { device, online: false, bootCount: 8, firmware: '2.0' },
    ])
  })
})
