import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { connect, refused } from '../support/client.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'

function healthz(gateway: GatewayProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ port: gateway.port, path: '/healthz', agent: false }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    call.on('error', reject)
    call.end()
  })
}

test('a drain: /healthz fails first, nobody new gets in, connections go bit by bit, pushes still reach the rest', async t => {
  const gateway = await startGateway(t, { env: { WS_DRAIN_MS: '7000', WS_SHUTDOWN_TIMEOUT_MS: '60000' } })
  const clients = await Promise.all(Array.from({ length: 40 }, () => connect(t, gateway.url)))
  assert.equal(await healthz(gateway), 200)
  const began = performance.now()
  const times = clients.map(client =>
    client.closed.then(({ code }) => {
      assert.equal(code, 1001)
      return performance.now() - began
    }),
  )
  gateway.child.kill('SIGTERM')
  await gateway.line(line => line.event === 'gateway.stop' && line.ms === 7000)
  assert.equal(await healthz(gateway), 503)
  assert.equal(await refused(gateway.url), 503)
  const { status, body } = await gateway.push({ message: 'still here' })
  assert.equal(status, 200)
  assert.ok(body.recipients > 0)
  const closed = (await Promise.all(times)).sort((a, b) => a - b)
  const { code } = await gateway.exited
  assert.equal(code, 0)
  assert.ok(performance.now() - began > 6950, 'it takes its time, also for the load balancer to notice')
  const [first = 0] = closed
  const last = closed.at(-1) ?? 0
  assert.ok(first > 1350, `the first went after ${first} ms`)
  assert.ok(last - first > 500, `all went within ${last - first} ms`)
  assert.ok(last < 20_000, `the last went after ${last} ms`)
})

test('a drain is part of the shutdown time, and a second signal ends it', async t => {
  const long = await startGateway(t, { env: { WS_DRAIN_MS: '60000', WS_SHUTDOWN_TIMEOUT_MS: '1500' } })
  assert.ok(long.lines.some(line => line.event === 'config' && /WS_DRAIN_MS/.test(line.msg ?? '')))
  const client = await connect(t, long.url)
  const began = performance.now()
  assert.equal((await long.stop()).code, 0)
  assert.ok(performance.now() - began < 15_000)
  assert.equal((await client.closed).code, 1001)
  const twice = await startGateway(t, { env: { WS_DRAIN_MS: '60000', WS_SHUTDOWN_TIMEOUT_MS: '120000' } })
  twice.child.kill('SIGTERM')
  await twice.line(line => line.event === 'gateway.stop')
  twice.child.kill('SIGTERM')
  assert.equal((await twice.exited).code, 143)
})

test('after a drain there is still time for onUnload, whatever onClientClose does', async t => {
  const gateway = await startGateway(t, {
    env: { WS_DRAIN_MS: '2000', WS_SHUTDOWN_TIMEOUT_MS: '10000' },
    listener: {
      'listener.mjs': `export const onClientClose = () => new Promise(() => undefined)
        export const onUnload = gateway => gateway.log.info('unloaded')`,
    },
  })
  await connect(t, gateway.url)
  assert.equal((await gateway.stop()).code, 0)
  assert.ok(gateway.logFile().some(line => line.msg === 'unloaded'))
})
