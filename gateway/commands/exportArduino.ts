import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { writeFileAtomic } from '../adapters/system/atomicFile.js'
import { Failure, messageOf } from '../core/failure.js'
import { packageFolder } from '../version.js'
import { print } from './output.js'
import { type ZipFile, zipOf } from './zip.js'

/** devices/tools/ed25519.mjs, which the boards of the tests are built with too. */
interface Ed25519Tool {
  installCommand: string
  ed25519Sources(): { name: string; bytes: Uint8Array }[]
}

const library = new URL('devices/arduino/FieldProof/', packageFolder)
const tool = new URL('devices/tools/ed25519.mjs', packageFolder)

/** `fieldproof devices export-arduino`: the firmware library as Arduino's IDE takes it. */
export function exportArduinoCommand(): Command {
  return new Command('export-arduino')
    .description('write the firmware library as a zip for the Arduino IDE')
    .option('-o, --output <file>', 'the zip', 'FieldProof.zip')
    .addHelpText(
      'after',
      `
In the Arduino IDE: Sketch > Include Library > Add .ZIP Library; the examples are then under
File > Examples > FieldProof. The zip also has the C sources of Ed25519 (orlp, zlib licence) from the
npm package ed25519-supercop, each checked against its pinned SHA-256.

Example:
  fieldproof devices export-arduino -o FieldProof.zip`,
    )
    .action(async ({ output }: { output: string }) => {
      const files = [...libraryFiles(), ...(await ed25519Files())]
      files.push({
        path: 'FieldProof/LICENSE',
        bytes: readFileSync(new URL('LICENSE', packageFolder)),
      })
      files.sort((a, b) => (a.path < b.path ? -1 : 1))
      try {
        await writeFileAtomic(output, zipOf(files), 0o644)
      } catch (error) {
        throw new Failure('permission', `cannot write ${output}: ${messageOf(error)}`)
      }
      print(`${files.length} files written to ${output}: add it with Sketch > Include Library`)
    })
}

/** The library as it lies in the project, without the copies that builds make. */
function libraryFiles(): ZipFile[] {
  const folder = fileURLToPath(library)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(folder, 'src/ed25519')))
    .map((path) => ({
      path: `FieldProof/${path.slice(folder.length).replaceAll('\\', '/')}`,
      bytes: readFileSync(path),
    }))
}

async function ed25519Files(): Promise<ZipFile[]> {
  const { ed25519Sources, installCommand }: Ed25519Tool = await import(tool.href)
  try {
    return ed25519Sources().map(({ name, bytes }) => ({
      path: `FieldProof/src/ed25519/${name}`,
      bytes,
    }))
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND'
    throw isAbsent
      ? new Failure('unavailable', `the C sources of Ed25519 are not installed: ${installCommand}`)
      : new Failure('check', messageOf(error))
  }
}
