/** What answers requests: the routes, as a listener of a Node HTTP server. */
import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { type AppParts, createApp } from './app.js'

export interface Answerer {
  readonly listener: RequestListener
  /** Ends live views. */
  close(): void
}

export function createAnswerer(parts: AppParts): Answerer {
  const { app, hub } = createApp(parts)
  return {
    listener: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
    close: () => hub.close(),
  }
}
