import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseLine } from '../../gateway/core/frame/sentence.js'
import { reasons } from '../../gateway/core/verdict.js'
import { projectRoot } from '../support/root.js'
import { fp1Vectors, vectorText } from '../support/vectors.js'

const fp1 = fp1Vectors()
const single = fp1.vectors[0]!

function page(name: string): string {
  return readFileSync(join(projectRoot(), `schemas/${name}.md`), 'utf8')
}

it('shows the bytes of the vectors', () => {
  expect(page('reading').replaceAll('\n', '')).toContain(single.cose_sign1)
  const keys = page('keys')
  for (const value of [fp1.seed, fp1.pub, fp1.ckt, fp1.kid, fp1.deviceId, single.protected])
    expect(keys).toContain(value)
  expect(keys).toContain(single.payload)
})

it('shows serial lines that are good', () => {
  const serial = page('serial')
  const lines = serial.split('\n').filter((line) => /^\$FP.*\*/.test(line))
  expect(lines.length).toBe(2)
  const [reading, answer] = lines
  const [head, tail] = reading!.split('...')
  expect(single.serial.startsWith(head!) && single.serial.endsWith(tail!)).toBe(true)
  expect(parseLine(answer!)).toMatchObject({ kind: 'sentence', type: 'AK', fields: ['12'] })
})

it('shows provisioning lines that are good, and the code of the vectors', () => {
  const lines = [...page('serial').matchAll(/^[DG] > [DG] {2}(\$FP.*)$/gm)].map(
    (match) => match[1]!,
  )
  expect(lines.map((line) => parseLine(line).kind)).toEqual(Array(5).fill('sentence'))
  const { code } = JSON.parse(vectorText('device')) as { code: { code: string; nonce: string } }
  expect(page('enrolment')).toContain(code.code)
  expect(page('enrolment')).toContain(code.nonce)
})

it('names every reason of a reading in the order of judgement', () => {
  const steps = page('judgement').split('<!-- generated')[0]!
  const judged = reasons.filter((reason) => reason !== 'frame' && reason !== 'crc')
  const positions = judged.map((reason) => steps.indexOf(`\`${reason}\``))
  expect(positions.every((at) => at > 0)).toBe(true)
  expect(positions).toEqual([...positions].sort((a, b) => a - b))
})
