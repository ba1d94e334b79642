/**
 * What the gateway asks of a listener. The module host (`host.ts`) is one implementation, the application that is
 * asked over HTTP (`http/http-listener.ts`) another. Nothing outside this folder knows which one runs.
 */
import type { CloseData, Gateway, GroupData, HandshakeData, ListenerData, OpenData } from './types.ts'

/** What became of a hook: nothing to say, or why it failed. A fault has been logged by then. */
export type Outcome = ListenerFault | undefined

/** A hook's answer: at once when the hook was synchronous, so that order costs no turn of the event loop. */
export type HookResult = Outcome | Promise<Outcome>

/** A user has come into a group, or has left it. */
export type PresenceEvent = 'groupJoin' | 'groupLeave'

/** Why a hook has failed. */
export type FaultKind =
  /** Its error is in `cause`. */
  | 'threw'
  /** It took longer than `WS_LISTENER_TIMEOUT_MS`. */
  | 'timeout'
  /** Nobody was there to be asked. */
  | 'away'
  /** What was pushed cannot be told to it. */
  | 'unfit'

/** A hook that failed. */
export class ListenerFault extends Error {
  override readonly name = 'ListenerFault'
  readonly kind: FaultKind

  constructor(kind: FaultKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

/** How a handshake was refused. */
export interface Refusal {
  readonly status: number
  readonly reason: string
  /** Whether it is no decision: the hook has failed. */
  readonly isFault?: boolean
}

/** How a listener refuses that says no more than no. */
export const REFUSED: Refusal = { status: 401, reason: 'the listener has refused this client' }

/** What became of a handshake: undefined lets the client in. */
export type HandshakeResult = Refusal | undefined | Promise<Refusal | undefined>

/** A listener that could not be loaded; the message says what is wrong and where. */
export class ListenerLoadError extends Error {
  override readonly name = 'ListenerLoadError'
}

/** The machine has not enough of something at the moment; the same files may load a little later. */
export class ShortageError extends ListenerLoadError {}

/** What `GET /status` says of the listener. */
export interface ListenerStatus {
  /** The file in use, or what `WS_LISTENER` names while there is none. */
  readonly path: string
  /** When the version in use was loaded, or null. */
  readonly loadedAt: Date | null
  /** How many versions have been loaded since the process started; 0 before the first. */
  readonly generation: number
  /** Why the newest version is not in use, or null when all is well. */
  readonly error: string | null
  /** For an application: its requests under way, those that wait, and how often one was tried again. */
  readonly requests?: { readonly underWay: number; readonly waiting: number; readonly retried: number }
}

/** The last fault of a load or a hook. */
export interface Fault {
  readonly at: Date
  readonly message: string
  /** The hook that has failed, if it was one. */
  readonly hook?: string
  /** In the words of the listener's own files. */
  readonly stack?: string
}

/** What a listener may use of the gateway that it decides for. */
export interface ListenerSide {
  /** Makes the gateway that the hooks of one version see; its signal says when that version goes out of use. */
  createGateway(signal: AbortSignal): Gateway
  /** To be told each time that a version has come into use. */
  inUse(): void
  /**
   * Sends a message to these connections of any node, past all hooks. Who is closed or unknown is left out, and counted.
   */
  send(message: unknown, ids: readonly string[]): void
  /** Closes a connection of any node, after what is sent to it; nothing happens when it is not open. */
  close(id: string, code?: number, reason?: string): void
}

/** Makes a listener. */
export type ListenerFactory = (side: ListenerSide) => ListenerPort

export interface ListenerPort {
  /**
   * Loads the listener, brings it into use and follows its changes. A listener that is bad is no error
   * here: it is logged, `status.error` says it, and `ready` stays false when no good version is there.
   */
  start(): Promise<void>
  /** Takes the listener out of use (`onUnload`, `gateway.signal`) and stops following its changes. */
  stop(): Promise<void>
  /**
   * Loads the listener anew, changed or not.
   * @throws ListenerLoadError when it cannot be loaded; the last good version stays in use
   */
  reload(): Promise<void>
  /** False while nobody may get in: no listener has been loaded that should be there. */
  readonly ready: boolean
  readonly status: ListenerStatus
  /**
   * Whether everyone gets in by the default behaviour of an empty folder. Who came in like that is to go when a
   * listener comes into use that asks each one (`vets`).
   */
  readonly isDefault: boolean
  /** Whether there is an `onClientHandshake`, so that `handshake` must be asked. */
  readonly vets: boolean
  /** @param gone aborted when the client does not wait any longer */
  handshake(data: HandshakeData, gone: AbortSignal): HandshakeResult
  open(data: OpenData): HookResult
  close(data: CloseData): HookResult
  message(data: ListenerData): HookResult
  /** A user has come into a group, or has left it. */
  presence(event: PresenceEvent, data: GroupData): HookResult
  /**
   * What a hook left in `data` cannot be used (no array where one belongs, no JSON text): a fault of the hook,
   * logged and told to `onError` like one that it threw.
   */
  reject(error: unknown, data: ListenerData, hook?: 'message' | 'handshake'): ListenerFault
  /** Whether this stack passes through the listener's own files. */
  owns(stack: string): boolean
}
