/** The `ws` socket, which also tells before it closes, and knows how it may be sent compressed messages. */
import { WebSocket } from 'ws'

type Inflate = (data: Buffer, fin: boolean, done: (error: Error | null, result?: Buffer) => void) => void

/** As ws keeps them. */
interface Extensions {
  readonly 'permessage-deflate'?: { decompress: Inflate }
}

/**
 * ws answers a client's close frame by itself. What has been collected for that client must go out before,
 * since nothing may follow a close frame (RFC 6455 §5.5.1).
 */
export class ServerSocket extends WebSocket {
  #heldInflation: (() => void) | undefined

  /** Called once, before the close frame is sent, whoever began to close. */
  onClosing: (() => void) | undefined
  /** The size of the window for messages to the client (RFC 7692 §7.1.2.1), in bits; 0 without compression. */
  deflateBits = 0

  /**
   * Makes a pause hold for what has been read and not inflated yet, too: a few kilobytes may become many megabytes.
   * For this ws has no way of its own.
   */
  inflateOnlyWhenRead(): void {
    const inflater = (this as unknown as { readonly _extensions: Extensions })._extensions[
      'permessage-deflate'
    ]
    if (inflater === undefined) return
    const inflate = inflater.decompress.bind(inflater)
    inflater.decompress = (data, fin, done) => {
      if (this.isPaused) this.#heldInflation = () => inflate(data, fin, done)
      else inflate(data, fin, done)
    }
  }

  override resume(): void {
    super.resume()
    const held = this.#heldInflation
    this.#heldInflation = undefined
    held?.()
  }

  override close(code?: number, reason?: string | Buffer): void {
    const tell = this.onClosing
    this.onClosing = undefined
    tell?.()
    super.close(code, reason)
  }
}
