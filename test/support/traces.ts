/** Looks for numbers that must not have been kept, in whatever form a file may hold them. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'

/** The forms of a number: its text, with and without zeros at its end, and its double, both ways round. */
function formsOf(text: string): Buffer[] {
  const double = Buffer.alloc(8)
  double.writeDoubleLE(Number(text))
  const number = String(Number(text))
  return [Buffer.from(text), Buffer.from(number), double, Buffer.from(double).reverse()]
}

/**
 * Files below `folder` that hold one of these decimal numbers, as `<path>: <number>`. Tables of
 * LevelDB are compressed, so what it gives back is searched as well; nobody may have it open.
 */
export async function tracesOf(numbers: Iterable<string>, folder: string): Promise<string[]> {
  const wanted = [...numbers].map((text) => ({ text, forms: formsOf(text) }))
  const found: string[] = []
  const look = (where: string, bytes: Buffer): void => {
    for (const { text, forms } of wanted)
      if (forms.some((form) => bytes.includes(form))) found.push(`${where}: ${text}`)
  }
  const names = readdirSync(folder, { recursive: true }).map(String)
  for (const name of names) {
    const path = join(folder, name)
    if (statSync(path).isFile()) look(name, readFileSync(path))
  }
  for (const name of names.filter((name) => name === 'CURRENT' || name.endsWith('/CURRENT')))
    look(`rows of ${name}`, await rowsOf(join(folder, name, '..')))
  return found
}

/** Keys and values of a LevelDB, one after another. */
async function rowsOf(folder: string): Promise<Buffer> {
  const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
  const level = new ClassicLevel<Buffer, Buffer>(folder, { ...encodings, createIfMissing: false })
  const parts: Buffer[] = []
  try {
    for await (const row of level.iterator()) parts.push(...row)
  } finally {
    await level.close()
  }
  return Buffer.concat(parts)
}
