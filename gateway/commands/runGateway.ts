/** What `start` and `demo` share: a gateway in this process, until somebody ends it. */
import { createLogger } from '../adapters/system/logger.js'
import { type ComposeOptions, compose, type Gateway } from '../compose.js'
import type { Config } from '../config.js'
import type { Failure } from '../core/failure.js'
import { print, usesColour } from './output.js'
import { untilAsked } from './signals.js'

export interface RunHooks extends Pick<ComposeOptions, 'portSearch' | 'autoApprove'> {
  /** Called once the gateway listens; what it returns is called before the gateway stops. */
  started(gateway: Gateway): (() => Promise<void>) | undefined
}

/**
 * Runs a gateway until SIGINT or SIGTERM, then stops it in order. A journal that cannot be written
 * ends the process at once: nothing may be acknowledged after it.
 */
export async function runGateway(config: Config, hooks: RunHooks): Promise<void> {
  const { level, format } = config.logging
  const logger = createLogger({ level, format, colour: usesColour(process.stderr) })
  const asked = untilAsked()
  let fatal: (failure: Failure) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fatal = reject
  })
  // Rejecting ends the process: main reports it and exits without closing anything.
  const gateway = await Promise.race([compose(config, { ...hooks, logger, fatal }), failed])
  const ending = hooks.started(gateway)
  await Promise.race([asked, failed])
  print('stopping: answers what was taken, signs the last checkpoint')
  await Promise.race([stopInOrder(gateway, ending), failed])
  print('stopped')
}

async function stopInOrder(
  gateway: Gateway,
  ending: (() => Promise<void>) | undefined,
): Promise<void> {
  await ending?.()
  await gateway.stop()
}
