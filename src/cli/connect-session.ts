/** One connection of `gateway connect`, wherever it is shown. */
import type { WebSocket } from 'ws'
import { CLOSE } from '../connections/close-codes.ts'
import { closeWords } from '../connections/close-words.ts'

const PING_EVERY_MS = 5000
/** The other side may take so long to say goodbye. */
const CLOSE_MS = 2000
/** So much may wait to be sent before no more is taken. */
const MOST_WAITING = 1024 * 1024

export interface SessionOptions {
  readonly isBinaryShown: boolean
  readonly pings: boolean
}

/** Where what happens is shown. */
export interface Shown {
  /** A text message, or a binary one in hex. */
  message(text: string): void
  /** Anything else, in words. */
  note(text: string): void
}

export interface Closed {
  readonly code: number
  /** The code and what it means, and the reason. */
  readonly text: string
  /** Whether this side has ended it. */
  readonly isOurs: boolean
}

export class Session {
  readonly closed: Promise<Closed>
  readonly #socket: WebSocket
  #isOurs = false

  constructor(socket: WebSocket, shown: Shown, { isBinaryShown, pings }: SessionOptions) {
    this.#socket = socket
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) shown.message(data.toString())
      else if (isBinaryShown) shown.message(hexOf(data))
      else shown.note(`a binary message of ${data.length} bytes; --binary shows it in hex`)
    })
    const timer = pings ? this.#ping(shown) : undefined
    this.closed = new Promise(done => {
      socket.on('close', (code, reason) => {
        clearInterval(timer)
        const { name, meaning } = closeWords(code)
        const why = reason.length > 0 ? `, ${JSON.stringify(reason.toString())}` : ''
        done({ code, text: `closed with ${code} (${name})${why}: ${meaning}`, isOurs: this.#isOurs })
      })
    })
    socket.resume()
  }

  /** Sends a text message. @returns when there is room for more */
  async send(text: string): Promise<void> {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    const sent = new Promise<void>(done => {
      // What is wrong shows in the close.
      socket.send(text, () => done())
    })
    if (socket.bufferedAmount > MOST_WAITING) await sent
  }

  /** Says goodbye, after what is still to be sent. */
  end(): Promise<Closed> {
    const socket = this.#socket
    if (socket.readyState === socket.OPEN) {
      this.#isOurs = true
      socket.close(CLOSE.normal)
      setTimeout(() => socket.terminate(), CLOSE_MS)
    }
    return this.closed
  }

  #ping(shown: Shown): NodeJS.Timeout {
    const socket = this.#socket
    socket.on('ping', () => shown.note('ping from the other side'))
    socket.on('pong', data => {
      const took = performance.now() - Number(data.toString())
      if (!Number.isNaN(took)) shown.note(`pong after ${took.toFixed(1)} ms`)
    })
    const ping = (): void => {
      if (socket.readyState === socket.OPEN) socket.ping(performance.now().toFixed(3))
    }
    ping()
    return setInterval(ping, PING_EVERY_MS)
  }
}

/** The exit code's part of a close: whether all went well. */
export function isGood({ code, isOurs }: Closed): boolean {
  return isOurs || code === CLOSE.normal
}

function hexOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/..(?=.)/g, '$& ')
}
