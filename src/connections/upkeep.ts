/**
 * What time does to connections: pings, and the end of those that no longer answer, say nothing, have grown old, or
 * whose token has expired. One timer looks after all of them.
 */
import { CLOSE } from './close-codes.ts'

/** All in milliseconds; 0 is off. */
export interface UpkeepOptions {
  readonly heartbeatMs: number
  readonly idleTimeoutMs: number
  readonly maxConnectionAgeMs: number
}

/** A connection, as this sees it. */
export interface Kept {
  readonly isOpen: boolean
  /** True while the gateway itself does not read from it, so that no answer can be expected. */
  readonly isPaused: boolean
  /** Bytes that have come from the peer. */
  readonly bytesRead: number
  /** Messages that have come from it. */
  readonly received: number
  readonly bufferedBytes: number
  /** Bytes of messages that the kernel has taken. */
  readonly takenBytes: number
  /** When its token expires, in milliseconds since 1970. */
  readonly expiresAt: number
  /** Owned by the upkeep. */
  vitals: Vitals | undefined
  ping(): void
  close(code: number, reason: string): void
  /** Ends it without a closing handshake; the reason is for the log. */
  terminate(reason: string): void
}

/** What is remembered of a connection between two looks. Times are of a clock that only goes forward. */
export interface Vitals {
  nextPingAt: number
  /** What had been read, and taken, when the last ping was sent; -1 when no answer is waited for. */
  readAtPing: number
  takenAtPing: number
  receivedBefore: number
  readBefore: number
  heardAt: number
  readonly retiresAt: number
}

/** A look is taken so many times in the shortest of the times, within these bounds. */
const LOOKS = 20
const LOOK_MS = { least: 5, most: 250 }
/** More than this between two looks is a part of a message, and not just a pong. */
const CONTROL_BYTES = 128
/** The share of its age by which a connection's end varies. */
const AGE_JITTER = 0.1

export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #connections: Iterable<Kept>
  readonly #everyMs: number
  #timer: NodeJS.Timeout | undefined
  #lookedAt = 0

  constructor(options: UpkeepOptions, connections: Iterable<Kept>) {
    this.#options = options
    this.#connections = connections
    const { heartbeatMs, idleTimeoutMs, maxConnectionAgeMs } = options
    const shortest = Math.min(...[heartbeatMs, idleTimeoutMs, maxConnectionAgeMs].filter(ms => ms > 0))
    this.#everyMs = Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, Math.floor(shortest / LOOKS)))
  }

  start(): void {
    this.#lookedAt = performance.now()
    // The look itself waits until what has arrived meanwhile has been read: after a pause of the event loop
    // timers come first, and each client would seem to be silent.
    this.#timer ??= setInterval(
      () => setImmediate(() => this.look(performance.now(), Date.now())),
      this.#everyMs,
    )
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** A connection has opened. */
  add(connection: Kept, now: number = performance.now()): void {
    const { heartbeatMs, maxConnectionAgeMs } = this.#options
    const at = Math.round(now)
    // Whole numbers: V8 keeps each other one in a place of its own.
    connection.vitals = {
      // By chance, so that those who came together are not pinged together.
      nextPingAt: at + Math.round(heartbeatMs * (0.5 + Math.random() / 2)),
      readAtPing: -1,
      takenAtPing: 0,
      receivedBefore: 0,
      readBefore: 0,
      heardAt: at,
      retiresAt: at + Math.round(maxConnectionAgeMs * (1 - AGE_JITTER * Math.random())),
    }
  }

  /**
   * Looks after all connections.
   * @param nowExactly of a clock that only goes forward, in milliseconds
   * @param date the time of day, in milliseconds since 1970
   */
  look(nowExactly: number, date: number): void {
    const now = Math.round(nowExactly)
    // After a pause of the process nobody's answer could be read in time.
    const wasAway = now - this.#lookedAt > 10 * this.#everyMs
    this.#lookedAt = now
    for (const connection of this.#connections) {
      const { vitals } = connection
      if (vitals !== undefined && connection.isOpen) this.#lookAt(connection, vitals, now, date, wasAway)
    }
  }

  #lookAt(connection: Kept, vitals: Vitals, now: number, date: number, wasAway: boolean): void {
    const { heartbeatMs, idleTimeoutMs, maxConnectionAgeMs } = this.#options
    if (date >= connection.expiresAt) {
      connection.close(CLOSE.tokenExpired, 'token expired')
      return
    }
    if (maxConnectionAgeMs > 0 && now >= vitals.retiresAt) {
      connection.close(CLOSE.serviceRestart, 'come back, please')
      return
    }
    if (idleTimeoutMs > 0) {
      const { received, bytesRead } = connection
      const isSending = bytesRead - vitals.readBefore > CONTROL_BYTES
      vitals.readBefore = bytesRead
      if (received !== vitals.receivedBefore || isSending || connection.isPaused) {
        vitals.receivedBefore = received
        vitals.heardAt = now
      } else if (now - vitals.heardAt >= idleTimeoutMs) {
        connection.close(CLOSE.goingAway, 'idle')
        return
      }
    }
    if (heartbeatMs === 0 || now < vitals.nextPingAt) return
    if (!wasAway && isSilent(connection, vitals)) {
      connection.terminate('no answer to a ping')
      return
    }
    vitals.nextPingAt = now + heartbeatMs
    vitals.takenAtPing = connection.takenBytes
    vitals.readAtPing = connection.isPaused ? -1 : connection.bytesRead
    connection.ping()
  }
}

/**
 * Whether nothing has come since the last ping. While more is queued for a peer than its kernel has room for, the ping
 * waits behind it; that it takes some of it is an answer as well.
 */
function isSilent(connection: Kept, { readAtPing, takenAtPing }: Vitals): boolean {
  if (readAtPing === -1 || connection.isPaused || connection.bytesRead !== readAtPing) return false
  // The ping itself is buffered as well, and counts as nothing taken.
  return connection.bufferedBytes === 0 || connection.takenBytes <= takenAtPing
}
