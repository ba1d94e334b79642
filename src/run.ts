/** Puts the gateway together: environment → log → gateway → control server → signals. */
import type { TokenVerifier } from './admission/verified.ts'
import * as client from './client.ts'
import type { ClusterFactory } from './cluster/factory.ts'
import { drainLimitMs } from './config/combinations.ts'
import { type Config, ConfigError, readConfig, type Settings } from './config.ts'
import { ControlServer } from './control/server.ts'
import { ControlSocketError } from './control/socket-file.ts'
import { Gateway } from './gateway.ts'
import { listenerFactory } from './listener/factory.ts'
import { LastFault } from './listener/last-fault.ts'
import { type Logger, openLog } from './log.ts'
import type { SignalHandlers } from './signals.ts'
import { Certificate } from './tls/certificate.ts'
import { version } from './version.ts'
import { watchEventLoop } from './watchdog/watchdog.ts'
import { limitYoungGeneration } from './young-generation.ts'

/** sysexits.h: EX_CONFIG. */
const EXIT_CONFIG = 78
const EXIT_FAILED = 1

/** Runs the gateway until a signal ends it. */
export async function run(onSignals: (handlers: SignalHandlers) => void): Promise<void> {
  limitYoungGeneration()
  const config = readOrExit()
  const { settings } = config
  const log = openLog({
    gatewayId: settings.gatewayId,
    folder: settings.logDir,
    level: settings.logLevel,
    isShared: settings.redisUrl !== null,
    limits:
      settings.logMaxBytes === 0
        ? undefined
        : { maxBytes: settings.logMaxBytes, maxFiles: settings.logMaxFiles },
  })
  const { logger } = log
  const faults = new LastFault()
  const gateway = new Gateway({
    settings,
    log: logger,
    version: version(),
    tokens: await tokensOf(settings),
    certificate: certificateOf(config, logger),
    cluster: await clusterOf(settings, logger),
    faults,
    listener: await listenerFactory(config, {
      log: faults.of(logger),
      version: version(),
      modules: { 'websocket-gateway/client': client },
    }),
  })
  gateway.vitals.start()
  const control = new ControlServer(gateway, logger)
  watchEventLoop({
    gatewayId: settings.gatewayId,
    logDir: settings.logDir,
    stuckMs: settings.listenerStuckMs,
    log: logger,
  })

  /** Ends the process for a reason that is not the user's wish: one clear line, and what is logged is kept. */
  const fail = async (line: string): Promise<never> => {
    process.stderr.write(`gateway: ${line}\n`)
    control.close()
    await log.flush()
    process.exit(EXIT_FAILED)
  }
  process.on('exit', () => log.flushNow())
  // A standard error that nobody reads any more must not end the process.
  process.stderr.on('error', error =>
    logger.warn({ event: 'error', err: error }, 'standard error cannot be written'),
  )
  process.on('unhandledRejection', error =>
    gateway.listenerError(error, 'a promise was rejected and nobody caught it'),
  )
  process.on('uncaughtException', error => {
    if (gateway.isListenerError(error))
      return gateway.listenerError(error, 'the listener threw outside its hooks')
    logger.fatal({ event: 'error', err: error }, 'uncaught exception')
    void fail(`uncaught exception: ${error instanceof Error ? error.stack : String(error)}`)
  })

  for (const warning of config.warnings) logger.warn({ event: 'config' }, warning)
  try {
    await control.listen()
  } catch (error) {
    if (!(error instanceof ControlSocketError)) throw error
    logger.fatal({ event: 'error' }, error.message)
    return fail(error.message)
  }

  let ending = false
  onSignals({
    stop(signal) {
      ending = true
      logger.info({ event: 'gateway.stop', signal }, `${signal}: the gateway shuts down`)
      const late = setTimeout(() => {
        control.close()
        process.exit(0)
      }, settings.shutdownTimeoutMs)
      const drainMs = Math.min(settings.drainMs, drainLimitMs(settings.shutdownTimeoutMs))
      void end(gateway, drainMs).finally(async () => {
        clearTimeout(late)
        control.close()
        await log.flush()
        process.exit(0)
      })
    },
    hangUp: () => log.reopen(),
  })

  if (settings.startupMode !== 'automatic') {
    logger.info(
      { event: 'gateway.start', mode: settings.startupMode },
      'the gateway is stopped, as its mode says',
    )
    return
  }
  try {
    await gateway.lifecycle.start()
  } catch (error) {
    if (ending) return
    const message = error instanceof Error ? error.message : String(error)
    logger.fatal({ event: 'error' }, message)
    await fail(message)
  }
}

/** Lets the clients go bit by bit, then stops for good. */
async function end(gateway: Gateway, drainMs: number): Promise<void> {
  await gateway.drainConnections(drainMs)
  await gateway.lifecycle.end()
}

/** jose is loaded only where tokens are checked. */
async function tokensOf(settings: Settings): Promise<TokenVerifier | undefined> {
  if ([settings.jwtSecret, settings.jwtPublicKey, settings.jwtJwksUrl].every(key => key === null))
    return undefined
  return (await import('./admission/tokens.ts')).tokenVerifier(settings)
}

/** The client of Redis is loaded only where there is one. */
async function clusterOf(settings: Settings, log: Logger): Promise<ClusterFactory | undefined> {
  const { redisUrl } = settings
  if (redisUrl === null) return undefined
  return (await import('./cluster/factory.ts')).clusterFactory(settings, redisUrl, log)
}

function certificateOf({ settings, files }: Config, log: Logger): Certificate | undefined {
  const { tlsCert: cert, tlsKey: key } = settings
  if (cert === null || key === null) return undefined
  return new Certificate({ cert, key }, { cert: files.get('tlsCert'), key: files.get('tlsKey') }, log)
}

function readOrExit(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const fault of error.faults) process.stderr.write(`gateway: ${fault}\n`)
    process.exit(EXIT_CONFIG)
  }
}
