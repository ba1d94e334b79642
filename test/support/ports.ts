/** Ports for programs that cannot be told to take a free one. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { PATIENCE_MS } from './eventually.ts'

/**
 * Below the ports that the system gives away by itself (32768 and up): to who listens on port 0, and to each connection
 * that is made. So nobody gets it while its owner is started, or started again.
 */
const RANGE = { from: 20_000, to: 32_000 }

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(RANGE.from, RANGE.to)
    const server = createServer()
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue
      throw error
    }
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Waits until somebody listens on a port of 127.0.0.1, or a Unix socket: a program that says nothing can only be asked. */
export async function listening(at: number | string, withinMs = PATIENCE_MS): Promise<void> {
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
