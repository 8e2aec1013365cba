import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'vite'
import { expect, it } from 'vitest'
import { projectRoot } from '../support/root.js'
import { fp1Vectors, validVectors } from '../support/vectors.js'

/** No such file: the plugin below gives its text. */
const entry = '/page-of-the-test.js'
const core = join(dirname(fileURLToPath(import.meta.url)), '../../gateway/core')

/** What a page would load: decoding, encoding and verification, without anything of Node. */
const page = `
import { fromHex, toHex } from '${core}/bytes.js'
import { toBeSigned, assembleSign1 } from '${core}/cose/sign1.js'
import { ed25519Verify } from '${core}/crypto.js'
import { encodePack } from '${core}/senml/pack.js'
import { decodeReading, encodeReadingHeader } from '${core}/senml/reading.js'

export function again(hex, key) {
  const read = decodeReading(fromHex(hex))
  if (!read.ok) return read.detail
  const { header, sign1, values } = read.value
  const signed = toBeSigned('rd', 'testnet', sign1.protectedBytes, sign1.payload)
  if (!ed25519Verify(sign1.signature, signed, fromHex(key))) return 'bad signature'
  return toHex(assembleSign1(encodeReadingHeader(header), encodePack(values), sign1.signature))
}
`

it('runs in a browser: reads, verifies and writes a reading without Node', async () => {
  const output = await build({
    configFile: false,
    root: projectRoot(),
    logLevel: 'error',
    plugins: [
      {
        name: 'page',
        resolveId: (id) => (id === entry ? '\0page' : undefined),
        load: (id) => (id === '\0page' ? page : undefined),
      },
    ],
    build: {
      write: false,
      minify: false,
      lib: { entry, formats: ['iife'], name: 'core', fileName: 'core' },
    },
  })
  const [bundle] = Array.isArray(output) ? output : [output]
  if (bundle === undefined || !('output' in bundle)) throw new Error('vite watches')
  const { code } = bundle.output[0]
  expect(code).not.toMatch(/\b(?:from|require\()\s*["']node:/)
  const context = createContext({ TextEncoder, TextDecoder })
  for (const { cose_sign1 } of fp1Vectors().vectors) {
    const { key } = validVectors().device
    const call = `${code}\ncore.again(${JSON.stringify(cose_sign1)}, ${JSON.stringify(key)})`
    expect(runInContext(call, context)).toBe(cose_sign1)
  }
  expect(runInContext('typeof process + typeof Buffer', context)).toBe('undefinedundefined')
})
