import { describe, expect, it } from 'vitest'
import { openProgress } from '../../simulator/progress.js'

function opened(isTTY: boolean, env: { NO_COLOR?: string; TERM?: string } = {}, columns = 60) {
  let text = ''
  let clock = 0
  const out = {
    isTTY,
    columns,
    write(part: string) {
      text += part
    },
  }
  const progress = openProgress({ out, env, now: () => clock })
  return {
    progress,
    text: () => text,
    pass: (ms: number) => {
      clock += ms
    },
  }
}

describe('progress', () => {
  it('redraws one line on a terminal, at most ten times a second', () => {
    const { progress, text, pass } = opened(true)
    for (let i = 0; i <= 100; i++) {
      progress.update(i / 100, `${i} of 100`)
      pass(10)
    }
    progress.end()
    expect(text().split('\r').length - 1).toBe(11)
    expect(text()).toContain('█')
    expect(text()).toMatch(/100 of 100\n$/)
    expect(text().split('\n')).toHaveLength(2)
  })

  it('prints a plain line now and then elsewhere', () => {
    const { progress, text, pass } = opened(false)
    for (let i = 0; i <= 100; i++) {
      progress.update(i / 100, `${i} of 100`)
      pass(100)
    }
    progress.note('a note')
    progress.end()
    expect(text()).toBe('  0 % 0 of 100\n 50 % 50 of 100\n100 % 100 of 100\na note\n')
  })

  it('draws without colour where NO_COLOR is set, and lines on a dumb terminal', () => {
    const esc = String.fromCharCode(27)
    const plain = opened(true, { NO_COLOR: '1' })
    plain.progress.update(0.5, 'half')
    expect(plain.text()).toContain('█')
    expect(plain.text()).not.toContain(`${esc}[32m`)
    const colour = opened(true)
    colour.progress.update(0.5, 'half')
    expect(colour.text()).toContain(`${esc}[32m`)
    const dumb = opened(true, { TERM: 'dumb' })
    dumb.progress.update(0.5, 'half')
    expect(dumb.text()).toBe(' 50 % half\n')
  })

  it('never wraps', () => {
    const { progress, text } = opened(true)
    progress.update(0.5, 'x'.repeat(500))
    const esc = String.fromCharCode(27)
    const shown = text().replaceAll(new RegExp(`\\r|${esc}\\[[0-9;]*[mK]`, 'g'), '')
    expect(shown).toHaveLength(59)
  })

  it('frees its line for what others print', () => {
    const { progress, text, pass } = opened(true)
    progress.update(0.5, 'half')
    progress.clear()
    expect(text()).toMatch(/half\r\S*K$/)
    pass(100)
    progress.update(1, 'whole')
    progress.end()
    expect(text()).toMatch(/whole\n$/)
    const lines = opened(false)
    lines.progress.update(0.5, 'half')
    lines.progress.clear()
    expect(lines.text()).toBe(' 50 % half\n')
  })

  it('is seen on a terminal that does not know its width', () => {
    const { progress, text } = opened(true, {}, 0)
    progress.update(0.5, 'half')
    expect(text()).toContain('half')
  })
})
