/** Ports for programs that cannot be told to take a free one. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** Below those that Linux gives to whoever connects, or does not care: those may be gone when they are asked for again. */
const OWN = { first: 16_384, last: 32_767 }

/** A port that nobody listens on, and that nobody gets by chance. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = OWN.first + Math.floor(Math.random() * (OWN.last - OWN.first + 1))
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') continue
      throw error
    }
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Waits until somebody listens on a port of 127.0.0.1, or a Unix socket: a program that says nothing can only be asked. */
export async function listening(at: number | string, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs
  for (;;) {
    const socket = typeof at === 'string' ? connect(at) : connect(at, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await wait(20)
    } finally {
      socket.destroy()
    }
  }
}
