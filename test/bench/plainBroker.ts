/** aedes as it comes: no login, no rules, no verification. Says `ready` with its port. */
import { type AddressInfo, createServer } from 'node:net'
import { Aedes } from 'aedes'
import { say } from './child.js'

const broker = new Aedes({})
await broker.listen()
const server = createServer({ noDelay: true }, broker.handle)
server.listen(0, '127.0.0.1', () => say('ready', (server.address() as AddressInfo).port))
