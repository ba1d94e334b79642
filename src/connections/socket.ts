/** The `ws` socket, which also tells before it closes, and knows how it may be sent compressed messages. */
import { WebSocket } from 'ws'

/**
 * ws answers a client's close frame by itself. What has been collected for that client must go out before,
 * since nothing may follow a close frame (RFC 6455 §5.5.1).
 */
export class ServerSocket extends WebSocket {
  /** Called once, before the close frame is sent, whoever began to close. */
  onClosing: (() => void) | undefined
  /** The size of the window for messages to the client (RFC 7692 §7.1.2.1), in bits; 0 without compression. */
  deflateBits = 0

  override close(code?: number, reason?: string | Buffer): void {
    const tell = this.onClosing
    this.onClosing = undefined
    tell?.()
    super.close(code, reason)
  }
}
