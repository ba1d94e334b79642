/**
 * Every variable of the environment, declared once. The parsing, the error texts, `gateway config` and the
 * README's table all come from this table.
 */
import { type Environment, findValue, readEnvironment, type Texts } from './config/environment.ts'
import {
  fileMode,
  type Kind,
  matching,
  milliseconds,
  millisecondsOrOff,
  oneOf,
  port,
  text,
  wholeNumber,
} from './config/kinds.ts'
import { nearest } from './config/nearest.ts'

/** One variable: its name, how it is read, its default, and what it means to a user. */
export interface Variable<T> {
  readonly name: string
  readonly kind: Kind<T>
  readonly default: T
  /** How the default is written where it is shown; its text when left out. */
  readonly shownDefault?: string
  readonly meaning: string
  /** True when its value must never be shown. */
  readonly secret?: boolean
}

const variable = <T>(v: Variable<T>): Variable<T> => v
const hookName = matching(/^[\p{L}_$][\p{L}\p{N}_$]*$/u, "a function's name")

/** The table. A new variable is added here, and nowhere else. */
export const variables = {
  gatewayId: variable({
    name: 'WS_GATEWAY_ID',
    kind: matching(
      /^[A-Za-z0-9._-]{1,64}$/,
      'at most 64 of the letters A to Z and a to z, digits, ".", "_" and "-"',
    ),
    default: 'websocket',
    meaning: 'The id of this gateway. It names the control socket and stands in each line of the log.',
  }),
  host: variable<string | null>({
    name: 'WS_HOST',
    kind: text,
    default: null,
    shownDefault: 'all addresses',
    meaning: 'The address that the WebSocket server listens on.',
  }),
  port: variable({
    name: 'WS_PORT',
    kind: port,
    default: 10125,
    meaning: 'The port of the WebSocket server. 0 takes a free one, shown by `gateway status`.',
  }),
  startupMode: variable<'automatic' | 'manual' | 'disabled'>({
    name: 'WS_STARTUP_MODE',
    kind: oneOf('automatic', 'manual', 'disabled'),
    default: 'automatic',
    meaning:
      '`automatic` listens at once; `manual` waits for `gateway start`; `disabled` refuses start and restart.',
  }),
  listener: variable({
    name: 'WS_LISTENER',
    kind: text,
    default: 'listener',
    meaning:
      "The listener's file, or a folder that holds `listener.` or `index.` and one of `ts`, `mts`, `js`, `mjs`, `cjs`.",
  }),
  onOpen: variable({
    name: 'WS_LISTENER_ON_OPEN',
    kind: hookName,
    default: 'onClientOpen',
    meaning: 'The name of the function that is called when a client has connected.',
  }),
  onClose: variable({
    name: 'WS_LISTENER_ON_CLOSE',
    kind: hookName,
    default: 'onClientClose',
    meaning: 'The name of the function that is called when a connection has closed.',
  }),
  onMessage: variable({
    name: 'WS_LISTENER_ON_MESSAGE',
    kind: hookName,
    default: 'onMessage',
    meaning: 'The name of the function that is called for each message and each push.',
  }),
  listenerPollMs: variable<number | null>({
    name: 'WS_LISTENER_POLL_MS',
    kind: millisecondsOrOff,
    default: null,
    shownDefault: 'off',
    meaning: 'Look for changes of the listener at this interval, for mounts that send no file events.',
  }),
  listenerTimeoutMs: variable({
    name: 'WS_LISTENER_TIMEOUT_MS',
    kind: milliseconds,
    default: 30000,
    meaning: "How long one hook's promise may take.",
  }),
  logDir: variable({
    name: 'WS_LOG_DIR',
    kind: text,
    default: 'logs',
    meaning: 'The folder that holds `WebSocket.log`.',
  }),
  logLevel: variable<'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'>({
    name: 'WS_LOG_LEVEL',
    kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    meaning: "The lowest level that is logged. `debug` logs every message's text.",
  }),
  controlDir: variable({
    name: 'WS_CONTROL_DIR',
    kind: text,
    default: 'run',
    meaning: 'The folder that holds the control socket, `<id>.sock`.',
  }),
  controlMode: variable({
    name: 'WS_CONTROL_MODE',
    kind: fileMode,
    default: 0o660,
    shownDefault: '0660',
    meaning: "The control socket's file mode: who may push is who may write to it.",
  }),
  controlGid: variable<number | null>({
    name: 'WS_CONTROL_GID',
    kind: wholeNumber(0, 2 ** 32 - 2),
    default: null,
    shownDefault: "the process's",
    meaning:
      "The control socket's group, by number, for an application of another user (`group_add` in compose).",
  }),
  maxPayloadBytes: variable({
    name: 'WS_MAX_PAYLOAD_BYTES',
    // ws keeps it as a signed 32-bit number; a string of Node ends a little below 512 MiB.
    kind: wholeNumber(1, 256 * 1024 * 1024, 'bytes'),
    default: 1048576,
    meaning:
      "The largest message of a client (past it: close code 1009), and of a push as it is sent. A push's body may have twice that and 64 KiB.",
  }),
  shutdownTimeoutMs: variable({
    name: 'WS_SHUTDOWN_TIMEOUT_MS',
    kind: milliseconds,
    default: 8000,
    meaning: "How long stop and SIGTERM may take. Keep it under Docker's grace of 10 s.",
  }),
} as const

type Table = typeof variables
type Value<V> = V extends Variable<infer T> ? T : never

/** The settings in force: one value for each variable of the table. */
export type Settings = { readonly [K in keyof Table]: Value<Table[K]> }

/** A setting as `gateway config` shows it. */
export interface ConfigEntry {
  readonly name: string
  readonly value: unknown
  /** The value in words; a secret's is masked. */
  readonly shown: string
  /** Where it came from: `default`, `environment`, `.env` or `file PATH`. */
  readonly source: string
}

export interface Config {
  readonly settings: Settings
  readonly entries: ConfigEntry[]
  /** The variables that were set by the user, by their key in the table. */
  readonly given: ReadonlySet<keyof Settings>
  /** What deserves a look but stops nothing, such as an unknown `WS_*` name. */
  readonly warnings: string[]
}

/** The environment has faults: one text for each, all of them at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** How the default of a variable is written in the README and in `gateway config`. */
export function shownDefault(v: Variable<unknown>): string {
  return v.shownDefault ?? String(v.default)
}

/**
 * Reads the settings from the process's environment and the `.env` file of a folder.
 * @param folder where the `.env` file is looked for: the working directory
 * @throws ConfigError with every fault, when there is one
 */
export function readConfig(processEnvironment: Texts, folder: string = process.cwd()): Config {
  const faults: string[] = []
  const environment = readEnvironment(processEnvironment, folder, faults)
  const entries: ConfigEntry[] = []
  const given = new Set<keyof Settings>()
  const settings: Record<string, unknown> = {}
  for (const [key, v] of Object.entries(variables) as [keyof Settings, Variable<unknown>][]) {
    const found = findValue(environment, v.name)
    if (found === undefined) {
      settings[key] = v.default
      entries.push({
        name: v.name,
        value: v.secret ? null : v.default,
        shown: shownDefault(v),
        source: 'default',
      })
      continue
    }
    if ('fault' in found) {
      faults.push(found.fault)
      continue
    }
    const value = v.kind.read(found.text)
    if (value === undefined) {
      const got = v.secret ? 'a value that is not shown' : JSON.stringify(found.text)
      const why = v.kind.explain?.(found.text)
      const from = found.source === 'environment' ? '' : ` (from ${found.source})`
      faults.push(`${v.name}: got ${got}${from}, takes ${v.kind.takes}${why ? `; ${why}` : ''}`)
      continue
    }
    settings[key] = value
    given.add(key)
    const shown = v.secret ? '********' : found.text
    entries.push({ name: v.name, value: v.secret ? shown : value, shown, source: found.source })
  }
  if (faults.length > 0) throw new ConfigError(faults)
  // Complete: the loop has set every key of the table, or there was a fault.
  return { settings: settings as unknown as Settings, entries, given, warnings: unknownNames(environment) }
}

function unknownNames(environment: Environment): string[] {
  const known = Object.values(variables).map(v => v.name)
  const set = new Set([...Object.keys(environment.process), ...Object.keys(environment.dotenv)])
  return [...set]
    .filter(name => name.startsWith('WS_') && !known.includes(name.replace(/_FILE$/, '')))
    .sort()
    .map(name => {
      const near = nearest(name, known)
      return `${name} is not a variable of the gateway${near ? `; did you mean ${near}?` : ''}`
    })
}
