/** Ports for programs that cannot be told to take a free one. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** A port that nobody listens on, for the next moment at least. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port')
  return address.port
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
