/** What a command that failed says, and its exit code. */
import { ConfigError } from '../config.ts'
import { GatewayError } from '../control/gateway-error.ts'
import { EXIT, NoCommandError, UsageError } from './command.ts'
import { complain } from './output.ts'

/** Says what is wrong on standard error, never with a stack trace. @returns the exit code */
export function report(error: unknown, command: string): number {
  if (error instanceof ConfigError) {
    for (const fault of error.faults) complain(fault)
    return EXIT.config
  }
  if (error instanceof GatewayError) {
    complain(error.detail)
    return error.isAbsent ? EXIT.absent : EXIT.refused
  }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof UsageError || isParseError(error)) {
    // Some of Node's messages go on with hints of its own.
    complain(isParseError(error) ? message.split(/\n|\. /, 1).join() : message)
    complain(`see gateway ${command && !(error instanceof NoCommandError) ? `${command} ` : ''}--help`)
    return EXIT.usage
  }
  complain(message)
  return EXIT.refused
}

/** Of `parseArgs`. */
function isParseError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('ERR_PARSE_ARGS_')
}
