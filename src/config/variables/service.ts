/** The gateway itself: its id, port, listener, log, control API and life cycle. */
import {
  fileMode,
  listOf,
  matching,
  milliseconds,
  millisecondsOrOff,
  oneOf,
  onOff,
  port,
  portOrOff,
  text,
  wholeNumber,
  zeroIsOff,
} from '../kinds.ts'
import { listenerPlace } from '../listener-place.ts'
import { variable } from '../variable.ts'
import { webhookSecrets } from '../webhook-secret.ts'

/** What an application is asked about, and what it can be asked about as well. */
const LISTENER_EVENTS = ['handshake', 'open', 'message', 'close', 'push'] as const
const ALL_LISTENER_EVENTS = [...LISTENER_EVENTS, 'group-join', 'group-leave'] as const

const hookName = matching(/^[\p{L}_$][\p{L}\p{N}_$]*$/u, "a function's name")

export const service = {
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
  page: variable({
    name: 'WS_PAGE',
    kind: onOff,
    default: true,
    shownDefault: 'on',
    meaning:
      'Browsers get a page for trying the gateway out at `/` of its port, and the client for browsers at `/client.js`. Not for production.',
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
    kind: listenerPlace,
    default: 'listener',
    meaning:
      "The listener's file, or a folder that holds `listener.` or `index.` and one of `ts`, `mts`, `js`, `mjs`, `cjs`. Or your application: `http://app:8080/websocket`, `https:…`, `unix:/run/app.sock:/websocket`.",
  }),
  listenerSecret: variable<readonly Uint8Array[] | null>({
    name: 'WS_LISTENER_SECRET',
    kind: webhookSecrets,
    default: null,
    shownDefault: 'none',
    secret: true,
    guards: true,
    meaning:
      'What requests to an application are signed with (Standard Webhooks): any text, or base64 behind `whsec_`. Two, separated by a comma, while one replaces the other.',
  }),
  listenerEvents: variable<readonly (typeof ALL_LISTENER_EVENTS)[number][]>({
    name: 'WS_LISTENER_EVENTS',
    kind: listOf(oneOf(...ALL_LISTENER_EVENTS)),
    default: LISTENER_EVENTS,
    shownDefault: LISTENER_EVENTS.join(','),
    meaning:
      'What an application is asked about; `group-join` and `group-leave` can be added. For the others all goes as without a listener.',
  }),
  listenerConcurrency: variable({
    name: 'WS_LISTENER_CONCURRENCY',
    kind: wholeNumber(1, 10_000),
    default: 64,
    meaning: 'The most requests to an application at a time. What comes meanwhile waits.',
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
  onHandshake: variable({
    name: 'WS_LISTENER_ON_HANDSHAKE',
    kind: hookName,
    default: 'onClientHandshake',
    meaning: 'The name of the function that decides who gets in.',
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
    meaning:
      "How long one hook's promise may take, and one event of an application, with all that it is tried again.",
  }),
  listenerStuckMs: variable({
    name: 'WS_LISTENER_STUCK_MS',
    kind: zeroIsOff(milliseconds),
    default: 0,
    shownDefault: 'off',
    meaning:
      'End the process with exit code 70 when the event loop has been stuck (in an endless loop of the listener) for so long, so that Docker restarts it.',
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
  logMaxBytes: variable({
    name: 'WS_LOG_MAX_BYTES',
    kind: zeroIsOff(wholeNumber(64 * 1024, 999_999_999_999_999, 'bytes')),
    default: 0,
    shownDefault: 'off',
    meaning:
      'Before `WebSocket.log` grows past this it is renamed, with the time behind its name, and a new one begun.',
  }),
  logMaxFiles: variable({
    name: 'WS_LOG_MAX_FILES',
    kind: wholeNumber(2, 1000),
    default: 5,
    meaning:
      'So many files are kept by `WS_LOG_MAX_BYTES`, `WebSocket.log` among them; the oldest are deleted.',
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
  controlPort: variable<number | null>({
    name: 'WS_CONTROL_PORT',
    kind: portOrOff,
    default: null,
    shownDefault: 'off',
    meaning:
      'The control API over TCP as well, on this port. 0 takes a free one, shown by `gateway status`. Takes `WS_CONTROL_TOKEN`.',
  }),
  controlHost: variable({
    name: 'WS_CONTROL_HOST',
    kind: text,
    default: '127.0.0.1',
    meaning:
      'The address that `WS_CONTROL_PORT` listens on. For other containers and hosts `0.0.0.0`; never the open internet.',
  }),
  controlToken: variable<string | null>({
    name: 'WS_CONTROL_TOKEN',
    guards: true,
    kind: matching(/^[\x21-\x7e]{16,}$/, 'at least 16 printable ASCII characters without blanks'),
    default: null,
    shownDefault: 'none',
    secret: true,
    meaning: 'What a caller over TCP must show, as `Authorization: Bearer TOKEN`. At least 16 characters.',
  }),
  shutdownTimeoutMs: variable({
    name: 'WS_SHUTDOWN_TIMEOUT_MS',
    kind: milliseconds,
    default: 8000,
    meaning: "How long stop and SIGTERM may take. Keep it under Docker's grace of 10 s.",
  }),
  drainMs: variable({
    name: 'WS_DRAIN_MS',
    kind: zeroIsOff(milliseconds),
    default: 0,
    meaning:
      'On SIGTERM: so long `/healthz` is 503 and nobody new gets in, while the connections are closed bit by bit; then the shutdown. Counts as part of `WS_SHUTDOWN_TIMEOUT_MS`.',
  }),
} as const
