/** A server that says byte by byte what a test wants it to say. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** One that listens; it ends with the test, and so do its connections. */
export async function rawServer(
  t: TestContext,
  onConnection: (socket: Socket, server: Server) => void,
  port = 0,
): Promise<{ readonly server: Server; readonly url: string }> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    // The gateway may break off what it has given up.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
    onConnection(socket, server)
  })
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has a port')
  return { server, url: `http://127.0.0.1:${address.port}/` }
}
