/**
 * Run as a process of its own: opens the port named by the first argument as a user who may not,
 * and prints what the link says of it.
 */
import { until } from '../../support/gateway.js'
import { startLink } from './setup.js'

const path = process.argv[2]!
if (process.geteuid?.() === 0) {
  process.setgroups?.([])
  process.setegid?.(65_534)
  process.seteuid?.(65_534)
}
const { link } = await startLink([path])
await until('an attempt', () => link.ports()[0]?.error !== undefined)
process.stdout.write(JSON.stringify(link.ports()))
await link.stop()
