/** What `start` and `demo` share: a gateway in this process, until somebody ends it. */
import { type AdjustableLogger, createLogger } from '../adapters/system/logger.js'
import { type ComposeOptions, compose, type Gateway } from '../compose.js'
import { applyReload } from '../config/reload.js'
import type { Config } from '../config.js'
import { type Failure, messageOf } from '../core/failure.js'
import { print, usesColour } from './output.js'
import { untilAsked } from './signals.js'

export interface RunHooks
  extends Pick<ComposeOptions, 'portSearch' | 'autoApprove' | 'serialDrivers'> {
  /** Called once the gateway listens; what it returns is called before the gateway stops. */
  started(gateway: Gateway): (() => Promise<void>) | undefined
  /** Reads the configuration again, for SIGHUP. */
  reload?: () => Promise<Config>
}

/**
 * Runs a gateway until SIGINT or SIGTERM, then stops it in order. A journal that cannot be written
 * ends the process at once: nothing may be acknowledged after it.
 */
export async function runGateway(config: Config, hooks: RunHooks): Promise<void> {
  const { level, format } = config.logging
  const logger = createLogger({ level, format, colour: usesColour(process.stderr) })
  const asked = untilAsked()
  // From the beginning: without a listener the signal ends a process.
  const unhook = hooks.reload && onHangup(config, hooks.reload, logger)
  let fatal: (failure: Failure) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fatal = reject
  })
  // Rejecting ends the process: main reports it and exits without closing anything.
  const gateway = await Promise.race([compose(config, { ...hooks, logger, fatal }), failed])
  const ending = hooks.started(gateway)
  await Promise.race([asked, failed])
  unhook?.()
  print('stopping: answers what was taken, signs the last checkpoint')
  await Promise.race([stopInOrder(gateway, ending), failed])
  print('stopped')
}

/** SIGHUP: takes over what can be, and says what waits for the next start. A wrong file changes nothing. */
function onHangup(
  config: Config,
  reload: () => Promise<Config>,
  logger: AdjustableLogger,
): () => void {
  const heard = (): void => {
    reload().then(
      (next) => {
        const { applied, needRestart } = applyReload(config, next)
        logger.setLevel(config.logging.level)
        const parts = [
          applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply',
          ...(needRestart.length > 0 ? [`needs a restart: ${needRestart.join(', ')}`] : []),
        ]
        print(`configuration read again: ${parts.join('; ')}`)
      },
      (error: unknown) => print(`configuration not taken over: ${messageOf(error)}`),
    )
  }
  process.on('SIGHUP', heard)
  return () => process.off('SIGHUP', heard)
}

async function stopInOrder(
  gateway: Gateway,
  ending: (() => Promise<void>) | undefined,
): Promise<void> {
  await ending?.()
  await gateway.stop()
}
