/** The client for browsers: `import { GatewaySocket } from 'websocket-gateway/browser'`. Described in docs/browser.md. */

/** What a `GatewaySocket` can be told. */
export interface GatewaySocketOptions {
  /** Asked before each connect. What it gives is shown as a token; when it fails, it is asked again later. */
  readonly token?: () => string | Promise<string>
  /** The longest wait before the first reconnect; it doubles with each further one. 500 when left out. */
  readonly minDelayMs?: number
  /** The longest wait before any reconnect. 30,000 when left out. */
  readonly maxDelayMs?: number
  /** How much may wait while there is no connection, in bytes, each message with 64 more. 1 MiB when left out. */
  readonly maxQueueBytes?: number
}

const EVENTS = ['open', 'message', 'error', 'close'] as const
/** What brings the network back, or the user. */
const WAKING = ['online', 'visibilitychange']
/** A connection that lasted so long was a good one: after it waits are short again, and a token is renewed again. */
const GOOD_MS = 5000
/** How long a token, and then a handshake, may take. */
const PATIENCE_MS = 30_000
/** What a message that waits costs beside its bytes. */
const MESSAGE_BYTES = 64

/** What a WebSocket sends as it is; anything else goes out as the text that it makes. */
const isBytes = (data: unknown): data is Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> =>
  ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof Blob

/** With a WebSocket's types of events. */
const Target = EventTarget as unknown as new () => Pick<
  WebSocket,
  'addEventListener' | 'removeEventListener' | 'dispatchEvent'
>

/**
 * A WebSocket that comes back. It fires what the browser's own one fires, for each connection that it makes. After a
 * `close` its `readyState` is CONNECTING when it will come back, and CLOSED when it will not.
 */
export class GatewaySocket extends Target implements WebSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3
  readonly url: string
  onopen: WebSocket['onopen'] = null
  onmessage: WebSocket['onmessage'] = null
  onerror: WebSocket['onerror'] = null
  onclose: WebSocket['onclose'] = null
  readonly #protocols: string[]
  readonly #options: Required<Omit<GatewaySocketOptions, 'token'>> & GatewaySocketOptions
  #socket: WebSocket | undefined
  #binaryType: BinaryType = 'blob'
  #queue: (string | Blob)[] = []
  #queuedBytes = 0
  /** CLOSING or CLOSED, once it does not come back. */
  #end: 0 | 2 | 3 = 0
  #attempts = 0
  #isRenewed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #wake = ({ type }: Event): void => {
    if (this.#end || !this.#timer || (type !== 'online' && document.hidden)) return
    clearTimeout(this.#timer)
    this.#connect()
  }

  /**
   * @param url as a WebSocket takes it, a relative one as well
   * @throws RangeError for delays that are none; what a WebSocket throws for a URL or subprotocols that are none
   */
  constructor(url: string | URL, options?: GatewaySocketOptions)
  constructor(url: string | URL, protocols?: string | string[], options?: GatewaySocketOptions)
  constructor(
    url: string | URL,
    protocols: string | string[] | GatewaySocketOptions = [],
    more: GatewaySocketOptions = {},
  ) {
    super()
    const isOptions = Object(protocols) === protocols && !Array.isArray(protocols)
    const given = isOptions ? (protocols as GatewaySocketOptions) : more
    const { token, minDelayMs = 500, maxDelayMs = 30_000, maxQueueBytes = 2 ** 20 } = given
    if (!(minDelayMs > 0 && minDelayMs <= maxDelayMs && maxDelayMs < 2 ** 31)) {
      throw new RangeError(`takes 0 < minDelayMs <= maxDelayMs, got ${minDelayMs} and ${maxDelayMs}`)
    }
    this.#options = { ...(token && { token }), minDelayMs, maxDelayMs, maxQueueBytes }
    this.#protocols = isOptions ? [] : ([] as string[]).concat(protocols as string[])
    this.url = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href.replace(
      /^http/,
      'ws',
    )
    for (const type of EVENTS) this.addEventListener(type, event => this[`on${type}`]?.(event as never))
    this.#connect()
    for (const type of WAKING) globalThis.addEventListener?.(type, this.#wake)
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#end || (this.#socket?.readyState === 1 ? 1 : 0)
  }

  get protocol(): string {
    return this.#socket?.protocol ?? ''
  }

  get extensions(): string {
    return this.#socket?.extensions ?? ''
  }

  get bufferedAmount(): number {
    return this.#queuedBytes + (this.#socket?.bufferedAmount ?? 0)
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }

  set binaryType(type: BinaryType) {
    this.#binaryType = type
    if (this.#socket) this.#socket.binaryType = type
  }

  /**
   * Sends, or keeps for the next connection.
   * @throws DOMException QuotaExceededError when too much is kept already; this message is not
   */
  send(data: Parameters<WebSocket['send']>[0]): void {
    if (this.readyState === 1) this.#socket?.send(data)
    if (this.readyState) return
    // A Blob is a copy, which the page cannot change any more.
    const kept = isBytes(data) ? data : String(data)
    const blob = new Blob([kept])
    const bytes = this.#queuedBytes + blob.size
    const { maxQueueBytes } = this.#options
    if (!(bytes + MESSAGE_BYTES * (this.#queue.length + 1) <= maxQueueBytes)) {
      throw new DOMException(`more than maxQueueBytes (${maxQueueBytes}) would wait`, 'QuotaExceededError')
    }
    this.#queuedBytes = bytes
    this.#queue.push(typeof kept === 'string' ? kept : blob)
  }

  /** Closes it for good. What waits is not sent. */
  close(code?: number, reason?: string): void {
    if (this.#end) return
    const socket = this.#socket
    // One that has closed still looks at code and reason; before the first there is none to look.
    if (socket) socket.close(code, reason)
    else if (code !== undefined && code !== 1000 && !(code >= 3000 && code < 5000)) {
      throw new DOMException(`close takes 1000 or 3000 to 4999, got ${code}`, 'InvalidAccessError')
    }
    this.#end = 2
    if (socket && socket.readyState < 3) return
    clearTimeout(this.#timer)
    setTimeout(() => this.#over(new CloseEvent('close', { code: 1006 })))
  }

  #connect(): void {
    this.#timer = undefined
    const { token } = this.#options
    if (!token) this.#open(this.#protocols)
    else {
      new Promise<string>((resolve, reject) => {
        const late = setTimeout(reject, PATIENCE_MS, new Error('no token in time'))
        // Also when it throws at once.
        Promise.resolve()
          .then(token)
          .then(resolve, reject)
          .finally(() => clearTimeout(late))
      })
        .then(text => this.#end || this.#open(['bearer', text, ...this.#protocols]))
        .catch(error => {
          if (this.#end) return
          this.#comeBack()
          this.dispatchEvent(Object.assign(new Event('error'), { error }))
        })
    }
  }

  #open(protocols: string[]): void {
    const socket = new WebSocket(this.url, protocols)
    this.#socket = socket
    socket.binaryType = this.#binaryType
    const late = setTimeout(() => socket.close(), PATIENCE_MS)
    let openedAt = Infinity
    socket.onopen = event => {
      clearTimeout(late)
      openedAt = performance.now()
      for (const data of this.#queue) socket.send(data)
      this.#empty()
      this.#fire(event)
    }
    socket.onmessage = socket.onerror = event => this.#fire(event)
    socket.onclose = event => {
      clearTimeout(late)
      const { code } = event
      if (performance.now() - openedAt > GOOD_MS) {
        this.#attempts = 0
        this.#isRenewed = false
      }
      if (this.#end || code === 1000 || code === 1008 || (code === 4401 && this.#isRenewed)) {
        this.#over(event)
        return
      }
      this.#comeBack(code === 4401)
      this.#fire(event)
    }
  }

  #empty(): void {
    this.#queue = []
    this.#queuedBytes = 0
  }

  #over(event: CloseEvent): void {
    // Closed in an error event: the connection's own close comes yet.
    if (this.#end === 3) return
    this.#end = 3
    this.#empty()
    for (const type of WAKING) globalThis.removeEventListener?.(type, this.#wake)
    this.#fire(event)
  }

  #fire(event: Event): void {
    this.dispatchEvent(new (event.constructor as typeof Event)(event.type, event))
  }

  /** Full jitter: those who were cut off together do not come back together. */
  #comeBack(atOnce?: boolean): void {
    const { minDelayMs, maxDelayMs } = this.#options
    if (atOnce) this.#isRenewed = true
    const most = atOnce ? 0 : Math.min(maxDelayMs, minDelayMs * 2 ** this.#attempts++)
    this.#timer = setTimeout(() => this.#connect(), Math.random() * most)
  }
}

export default GatewaySocket
