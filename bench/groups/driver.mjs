// Runs inside a server that is measured, and takes orders by its standard input, a line of JSON each. The answers are
// lines of JSON on standard output that have a `bench`.
import { createInterface } from 'node:readline'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'

const SETTLE_MS = 200

/**
 * @param server {connections(): Iterable, join(connection, group), leave(connection, group), identify(connection, user)}
 */
export function drive(server) {
  const orders = {
    count: () => ({ connections: [...server.connections()].length }),
    // Some connections join: a group of their own each, or all one group. Then all leave; so many times.
    async memberships({ connections, groups, times }) {
      const some = [...server.connections()].slice(0, connections)
      const names = some.map((_, i) => (groups === 'own' ? `group-${i}` : 'group'))
      let [joinMs, leaveMs, bytes] = [0, 0, 0]
      for (let time = 0; time < times; time++) {
        // Only what the first time takes is new.
        const before = time === 0 ? await heap() : 0
        const began = performance.now()
        for (let i = 0; i < some.length; i++) server.join(some[i], names[i])
        joinMs += performance.now() - began
        if (time === 0) bytes = (await heap()) - before
        const leaving = performance.now()
        for (let i = 0; i < some.length; i++) server.leave(some[i], names[i])
        leaveMs += performance.now() - leaving
        await setImmediate()
      }
      const ns = ms => (ms * 1e6) / some.length / times
      return { joinNs: ns(joinMs), leaveNs: ns(leaveMs), bytes: bytes / some.length }
    },
    // All connections get a user of their own.
    identify() {
      let i = 0
      for (const connection of server.connections()) server.identify(connection, `user-${i++}`)
      return {}
    },
  }
  const answer = async line => {
    const { order, ...data } = JSON.parse(line)
    console.log(JSON.stringify({ bench: order, ...(await orders[order](data)) }))
  }
  const lines = createInterface(process.stdin).on('line', answer)
  return () => lines.close()
}

/** What is in use once the hooks that were to be called have been, without what could be freed. */
async function heap() {
  await sleep(SETTLE_MS)
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
