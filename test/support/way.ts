/** A way to a server that can be cut. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A way to Redis for one node, which can be cut while the others have theirs. */
export class Way {
  readonly #sockets = new Set<Socket>()
  #isOpen = true
  port = 0

  async listen(t: TestContext, to: number): Promise<this> {
    const server = createServer(client => {
      if (!this.#isOpen) return void client.destroy()
      const redis = connect(to, '127.0.0.1')
      for (const [one, other] of [
        [client, redis],
        [redis, client],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) this.port = address.port
    t.after(() => {
      this.cut()
      server.close()
    })
    return this
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  cut(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isOpen = true
  }
}
