/** Where the listener is: a file, a folder, or the address of an application that is asked over HTTP. */
import { LONGEST_SOCKET_PATH } from '../socket-path.ts'
import type { Kind } from './kinds.ts'

/** The address of an application. */
export interface ApplicationAddress {
  /** Scheme, host and port: `http://app:8080`. */
  readonly origin: string
  /** The Unix socket to reach it by, or undefined. */
  readonly socketPath: string | undefined
  /** Path and query, as they stand in the request. */
  readonly target: string
}

/** What begins like a URL is meant as one. `C:` is a drive. */
const SCHEME = /^(?:[a-z][a-z0-9+.-]*:\/\/|(?:https?|unix|wss?):)/i

/**
 * The application that a `WS_LISTENER` names.
 * @returns undefined when it names a file or folder
 * @throws TypeError that says what is wrong with an address
 */
export function applicationAddress(text: string): ApplicationAddress | undefined {
  if (/^[\w.-]+:\d+(?:\/|$)/.test(text)) throw new TypeError(`did you mean http://${text}?`)
  if (!SCHEME.test(text)) return undefined
  if (/^unix:/i.test(text)) return unixAddress(text)
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    throw new TypeError('this is no address of an application')
  }
  const { origin, port, username, password } = new URL(text)
  if (username !== '' || password !== '') {
    throw new TypeError(
      'a name and password in it would stand in the log; requests are signed by WS_LISTENER_SECRET',
    )
  }
  if (port === '0') throw new TypeError('nobody can be reached at port 0')
  return { origin, socketPath: undefined, target: targetOf(text) }
}

/** `unix:SOCKET:/PATH`, as nginx writes it; the path may be left out where the socket's name has no colon. */
function unixAddress(text: string): ApplicationAddress {
  const [, socketPath = '', target = '/'] = /^unix:(?:\/\/(?=\/))?(.*?)(?::(\/.*))?$/i.exec(text) ?? []
  if (socketPath === '' || socketPath.endsWith('/')) throw new TypeError('it names no socket')
  if (target === '/' && socketPath.includes(':')) {
    throw new TypeError('behind the socket and a colon stands a path that begins with /')
  }
  const bytes = Buffer.byteLength(socketPath)
  if (bytes > LONGEST_SOCKET_PATH) {
    throw new TypeError(`the socket's path has ${bytes} bytes, and the system takes ${LONGEST_SOCKET_PATH}`)
  }
  return { origin: 'http://localhost', socketPath, target: targetOf(`http://localhost${target}`) }
}

/** Path and query of a URL. */
function targetOf(url: string): string {
  const { pathname, search, hash } = new URL(url)
  if (hash !== '') throw new TypeError(`${hash} is never sent to a server`)
  return pathname + search
}

export const listenerPlace: Kind<string> = {
  takes:
    'a file, a folder, or the address of an application: http://HOST/PATH, https://HOST/PATH or unix:SOCKET:/PATH',
  read: text => (faultOf(text) === undefined ? text : undefined),
  explain: faultOf,
}

function faultOf(text: string): string | undefined {
  try {
    applicationAddress(text)
    return undefined
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
}
