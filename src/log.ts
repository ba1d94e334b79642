/** WebSocket.log: JSON lines from pino, in a file and on standard output. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { BufferedFile } from './log/buffered-file.ts'
import { Output } from './log/output.ts'
import { plainError, withoutTokens } from './log/redaction.ts'
import type { Limits } from './log/rotation.ts'

export type { Logger }

export interface LogOptions {
  readonly gatewayId: string
  /** The folder that holds WebSocket.log. */
  readonly folder: string
  readonly level: string
  /** Whether other nodes may write to the same folder: then each line says whose it is. */
  readonly isShared: boolean
  /** When WebSocket.log is rotated; undefined is never. */
  readonly limits: Limits | undefined
}

/** The log of a process. */
export interface GatewayLog {
  readonly logger: Logger
  /** Opens the file anew (SIGHUP: logrotate has moved it). */
  reopen(): void
  /** Writes all that is logged; for the end of the process. */
  flush(): Promise<void>
  /** The same for an exit that waits for nobody. */
  flushNow(): void
}

/** How long a standard output that nobody reads may hold up the end of the process. */
const STDOUT_GRACE_MS = 500

/** Opens the log. A folder that cannot be written is said on standard error, and stops nothing. */
export function openLog({ gatewayId, folder, level, isShared, limits }: LogOptions): GatewayLog {
  const base = { gateway: gatewayId, ...(isShared && { hostname: hostname() }) }
  const file = new BufferedFile({
    path: join(folder, 'WebSocket.log'),
    limits,
    say: text => process.stderr.write(`gateway: ${text}\n`),
  })
  const output = new Output()
  const both = {
    write(line: string): void {
      const safe = withoutTokens(line)
      file.write(safe)
      output.write(safe)
    },
  }
  return {
    logger: pino({ level, base, serializers: { err: plainError } }, both),
    reopen: () => file.reopen(),
    async flush() {
      file.flush()
      await output.flush(STDOUT_GRACE_MS)
    },
    flushNow() {
      file.flush()
      output.flushNow()
    },
  }
}
