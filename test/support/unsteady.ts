/** A control socket whose calls break. */
import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type GatewayProcess, temporaryFolder } from './gateway.ts'

/** What becomes of one call that stands between a caller and the gateway. */
export type Fate = 'lose the answer' | 'lose the call' | 'half an answer' | 'pass on'

/** A control folder whose socket leads to the gateway's, with a fate for each call, and the calls as they came. */
export async function unsteady(t: TestContext, gateway: GatewayProcess, fates: Fate[]) {
  const controlDir = temporaryFolder(t)
  const calls: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(caller => {
    sockets.add(caller)
    caller.on('error', () => undefined)
    const fate = fates.shift() ?? 'pass on'
    const at = calls.push('') - 1
    let call = ''
    const behind = dial(gateway.socket)
    sockets.add(behind)
    behind.on('error', () => undefined)
    caller.on('data', bytes => {
      call += bytes
      calls[at] = call
      if (isWhole(call)) server.emit('call')
      if (fate !== 'lose the call') behind.write(bytes)
      else if (isWhole(call)) caller.destroy()
    })
    behind.on('data', bytes => {
      if (fate === 'pass on') caller.write(bytes)
      else if (fate === 'half an answer') caller.end(bytes.subarray(0, 20))
      else caller.destroy()
    })
    behind.on('end', () => caller.end())
  })
  const cutOff = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  t.after(() => {
    server.close()
    cutOff()
  })
  await once(server.listen(join(controlDir, 'websocket.sock')), 'listening')
  return { controlDir, keys: () => calls.map(keyOf), cutOff, server }
}

function isWhole(call: string): boolean {
  const length = Number(/content-length: (\d+)/i.exec(call)?.[1])
  return call.length - call.indexOf('\r\n\r\n') - 4 >= length
}

function keyOf(call: string): string {
  return /^idempotency-key: (.+)\r$/im.exec(call)?.[1] ?? ''
}
