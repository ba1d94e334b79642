/** What a caller of the control API is told when a call does not succeed. */

/** A gateway refused a call, or could not be asked at all. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  /** The HTTP status of the refusal; undefined when no answer came. */
  readonly status: number | undefined
  /** What was wrong, and what can be done about it. */
  readonly detail: string
  /** The problem document (RFC 9457) of the refusal. */
  readonly problem: Readonly<Record<string, unknown>> | undefined
  /** The system's code when no answer came: `ENOENT`, `ECONNREFUSED`, `EACCES`, `ETIMEDOUT`, … */
  readonly code: string | undefined

  constructor(
    detail: string,
    more: {
      readonly status?: number
      readonly problem?: Record<string, unknown>
      readonly code?: string | undefined
      readonly cause?: unknown
    } = {},
  ) {
    super(detail, { cause: more.cause })
    this.detail = detail
    this.status = more.status
    this.problem = more.problem
    this.code = more.code
  }

  /** Whether no gateway is there, as opposed to one that refuses or cannot be reached. */
  get isAbsent(): boolean {
    return ['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ENOTFOUND', 'EHOSTUNREACH'].includes(this.code ?? '')
  }
}

/** Says what a fault of the socket means. */
export function socketFault(path: string, error: NodeJS.ErrnoException): GatewayError {
  const timedOut = error.cause instanceof Error && error.cause.name === 'TimeoutError'
  const code = timedOut ? 'ETIMEDOUT' : error.code
  return new GatewayError(meaning(path, code, error.message), { code, cause: error })
}

function meaning(path: string, code: string | undefined, message: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `no gateway is there: ${path} does not exist (WS_CONTROL_DIR names another folder)`
    case 'ECONNREFUSED':
      return `no gateway is there: nobody listens on ${path}`
    case 'ENOTFOUND':
    case 'EHOSTUNREACH':
      return `no gateway is there: the host of ${path} cannot be found or reached`
    case 'EACCES':
    case 'EPERM':
      return `no permission for the control socket ${path}: it takes the right to write to it (see WS_CONTROL_MODE and WS_CONTROL_GID)`
    case 'ABORT_ERR':
      return `the call to ${path} was given up`
    case 'ETIMEDOUT':
      return `the gateway does not answer on ${path}`
    case 'EINVAL':
    case 'ENAMETOOLONG':
      return `the control socket's path is longer than the system takes: ${path}`
    case 'EPIPE':
    case 'ECONNRESET':
      return `the gateway on ${path} has ended the call without an answer`
    default:
      return `the control API at ${path} cannot be used: ${message}`
  }
}
