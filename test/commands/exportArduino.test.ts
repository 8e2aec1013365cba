import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { devicesCommand } from '../../gateway/commands/devices.js'
import { zipOf } from '../../gateway/commands/zip.js'
import { runCommand } from '../support/cli.js'
import { cFilesOf, compile, ed25519Tool, strictFlags } from '../support/firmware.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-arduino-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Python's zipfile: a reader that is not ours. It checks every CRC. */
function unzip(file: string, to: string): void {
  execFileSync('python3', ['-m', 'zipfile', '-t', file])
  execFileSync('python3', ['-m', 'zipfile', '-e', file, to])
}

test('the library comes out as a zip, with the pinned Ed25519 and licences, and compiles', async () => {
  const file = join(folder, 'FieldProof.zip')
  const { code, out } = await runCommand(devicesCommand(), ['export-arduino', '-o', file])
  expect([code, out]).toEqual([0, expect.stringContaining(`files written to ${file}`)])
  unzip(file, folder)
  const library = join(folder, 'FieldProof')
  expect(readdirSync(library).sort()).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'examples', 'library.properties', 'src']),
  )
  const { ed25519Sources } = await ed25519Tool()
  for (const { name, bytes } of ed25519Sources())
    expect(readFileSync(join(library, 'src/ed25519', name)).equals(bytes)).toBe(true)
  const sources = join(library, 'src')
  await compile(['gcc'], ['-O0', ...strictFlags], cFilesOf(sources), folder)
  const again = join(folder, 'again.zip')
  await runCommand(devicesCommand(), ['export-arduino', '-o', again])
  expect(readFileSync(again).equals(readFileSync(file))).toBe(true)
})

test('a zip of empty and large files is read by others', () => {
  const file = join(folder, 'some.zip')
  const large = new Uint8Array(300_000).map((_, i) => i * i)
  writeFileSync(
    file,
    zipOf([
      { path: 'empty', bytes: new Uint8Array() },
      { path: 'a/b/large', bytes: large },
    ]),
  )
  unzip(file, join(folder, 'some'))
  expect(readFileSync(join(folder, 'some/empty')).length).toBe(0)
  expect(readFileSync(join(folder, 'some/a/b/large')).equals(large)).toBe(true)
})

test('a file that cannot be written is said', async () => {
  const { code, err } = await runCommand(devicesCommand(), ['export-arduino', '-o', '/proc/x.zip'])
  expect([code, err]).toEqual([77, expect.stringContaining('cannot write /proc/x.zip')])
})
