import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { test } from 'node:test'
import { type Kept, Upkeep, type Vitals } from '../../src/connections/upkeep.ts'
import { connect } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

/** A connection whose peer the test speaks for. */
class Peer implements Kept {
  isOpen = true
  isPaused = false
  bytesRead = 0
  received = 0
  bufferedBytes = 0
  takenBytes = 0
  expiresAt = Infinity
  vitals: Vitals | undefined
  answers = true
  readonly did: string[] = []
  ping(): void {
    this.did.push('ping')
    // As with a real one, a ping that does not get out is buffered too.
    if (this.bufferedBytes > 0) {
      this.bufferedBytes += 2
      this.takenBytes -= 2
    }
    if (this.answers) this.bytesRead += 6
  }
  close(code: number): void {
    this.isOpen = false
    this.did.push(`close ${code}`)
  }
  terminate(): void {
    this.isOpen = false
    this.did.push('terminate')
  }
}

const off = { heartbeatMs: 0, idleTimeoutMs: 0, maxConnectionAgeMs: 0 }

/** Looks every 10 ms of a clock that the test turns. */
function run(
  upkeep: Upkeep,
  from: number,
  to: number,
  meanwhile: (now: number) => void = () => undefined,
): void {
  for (let now = from; now <= to; now += 10) {
    meanwhile(now)
    upkeep.look(now, now)
  }
}

test('who answers stays; who does not is gone in two heartbeats', () => {
  const alive = new Peer()
  const dead = new Peer()
  dead.answers = false
  const upkeep = new Upkeep({ ...off, heartbeatMs: 1000 }, [alive, dead])
  upkeep.add(alive, 0)
  upkeep.add(dead, 0)
  run(upkeep, 0, 2000)
  assert.deepEqual(dead.did, ['ping', 'terminate'])
  run(upkeep, 2010, 20_000)
  assert.ok(alive.did.length >= 19 && alive.did.every(did => did === 'ping'), `${alive.did}`)
})

test('a peer that is not read, or still takes what is queued before the ping, is not dead', () => {
  const paused = new Peer()
  const slow = new Peer()
  const stalled = new Peer()
  for (const peer of [paused, slow, stalled]) peer.answers = false
  paused.isPaused = true
  slow.bufferedBytes = 1_000_000
  stalled.bufferedBytes = 1_000_000
  const upkeep = new Upkeep({ ...off, heartbeatMs: 1000 }, [paused, slow, stalled])
  for (const peer of [paused, slow, stalled]) upkeep.add(peer, 0)
  run(upkeep, 0, 10_000, () => {
    slow.takenBytes += 10
  })
  assert.ok(!paused.did.includes('terminate'))
  assert.ok(!slow.did.includes('terminate'))
  assert.ok(stalled.did.includes('terminate'))
})

test('after a pause of the whole process nobody is judged by it', () => {
  const peer = new Peer()
  const upkeep = new Upkeep({ ...off, heartbeatMs: 1000 }, [peer])
  peer.answers = false
  upkeep.add(peer, 0)
  run(upkeep, 0, 1000)
  upkeep.look(60_000, 60_000)
  assert.deepEqual(peer.did, ['ping', 'ping'])
  peer.bytesRead += 12
  peer.answers = true
  run(upkeep, 60_010, 70_000)
  assert.ok(!peer.did.includes('terminate'))
})

test('idle clients go, speaking ones stay; old ones go within 90 to 100 % of their age; tokens end', () => {
  const idle = new Peer()
  const speaking = new Peer()
  const upkeep = new Upkeep({ ...off, idleTimeoutMs: 500 }, [idle, speaking])
  upkeep.add(idle, 0)
  upkeep.add(speaking, 0)
  run(upkeep, 0, 2000, now => {
    if (now % 300 === 0) speaking.received++
  })
  assert.deepEqual(idle.did, ['close 1001'])
  assert.deepEqual(speaking.did, [])

  const many = Array.from({ length: 200 }, () => new Peer())
  const ages = new Map<Peer, number>()
  const aging = new Upkeep({ ...off, maxConnectionAgeMs: 10_000 }, many)
  for (const peer of many) aging.add(peer, 0)
  run(aging, 0, 10_010, now => {
    for (const peer of many) if (!peer.isOpen && !ages.has(peer)) ages.set(peer, now)
  })
  aging.look(10_020, 0)
  assert.ok(many.every(peer => peer.did[0] === 'close 1012'))
  const times = [...ages.values()]
  assert.ok(Math.min(...times) >= 9000 && Math.max(...times) - Math.min(...times) > 500)

  const expiring = new Peer()
  expiring.expiresAt = 700
  const tokens = new Upkeep(off, [expiring])
  tokens.add(expiring, 0)
  run(tokens, 0, 690)
  assert.deepEqual(expiring.did, [])
  run(tokens, 700, 720)
  assert.deepEqual(expiring.did, ['close 4401'])
})

test('a half-open client is gone in two heartbeats, one that answers stays', async t => {
  // Another gateway, since on a busy machine an answer takes its time.
  const patient = await startGateway(t, { env: { WS_HEARTBEAT_MS: '4000' } })
  const healthy = await connect(t, patient.url)
  let pings = 0
  healthy.ws.on('ping', () => pings++)
  const gateway = await startGateway(t, { env: { WS_HEARTBEAT_MS: '400' } })
  const silent = await connect(t, `${gateway.url}/silent`, [], { autoPong: false })
  const frozen = await connect(t, `${gateway.url}/frozen`)
  frozen.ws.pause()
  const began = performance.now()
  const lines = await gateway.events('client.close', 2)
  assert.ok(performance.now() - began < 8000)
  assert.deepEqual(
    lines.map(line => [line.code, line.reason]),
    [
      [1006, 'no answer to a ping'],
      [1006, 'no answer to a ping'],
    ],
  )
  assert.equal((await silent.closed).code, 1006)
  // With the second one the answer to the first has been missed, or not.
  while (pings < 2) await once(healthy.ws, 'ping')
  await healthy.settled()
  assert.equal(healthy.ws.readyState, 1)
})

test('a slow hook that holds up the reading of its socket is no reason to cut its client off', async t => {
  const gateway = await startGateway(t, {
    env: { WS_HEARTBEAT_MS: '1500', WS_MAX_PENDING_EVENTS: '2' },
    listener: {
      'listener.mjs': `let go
        const held = new Promise(done => { go = done })
        export const onMessage = ({ conn }) => (conn ? held : go())`,
    },
  })
  const client = await connect(t, gateway.url)
  for (let i = 0; i < 8; i++) client.send(`${i}`)
  // Longer than two heartbeats.
  await new Promise(resolve => setTimeout(resolve, 3500))
  assert.equal((await gateway.push({ message: null })).status, 200)
  assert.equal((await client.messages(8)).length, 8)
  assert.equal(client.ws.readyState, 1)
})

test('WS_IDLE_TIMEOUT_MS and WS_MAX_CONNECTION_AGE_MS close with their codes', async t => {
  const idle = await startGateway(t, { env: { WS_IDLE_TIMEOUT_MS: '300' } })
  const client = await connect(t, idle.url)
  const pinging = setInterval(() => client.ws.ping(), 50)
  assert.deepEqual(await client.closed, { code: 1001, reason: 'idle' })
  clearInterval(pinging)
  const aged = await startGateway(t, { env: { WS_MAX_CONNECTION_AGE_MS: '500' } })
  const old = await connect(t, aged.url)
  const speaking = setInterval(() => old.ws.readyState === 1 && old.send('busy'), 50)
  assert.equal((await old.closed).code, 1012)
  clearInterval(speaking)
})

test('a stopped process (SIGSTOP) cuts off nobody when it goes on', async t => {
  const gateway = await startGateway(t, { env: { WS_HEARTBEAT_MS: '1500' } })
  const client = await connect(t, gateway.url)
  await once(client.ws, 'ping')
  gateway.child.kill('SIGSTOP')
  await new Promise(resolve => setTimeout(resolve, 3500))
  gateway.child.kill('SIGCONT')
  for (let i = 0; i < 2; i++) await once(client.ws, 'ping')
  assert.equal(client.ws.readyState, 1)
  const socket = connectTcp(gateway.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
})

test('a half-open client is found also when something waits for it, and one in the middle of an upload is not idle', async t => {
  const gateway = await startGateway(t, {
    env: { WS_HEARTBEAT_MS: '400', WS_MAX_PAYLOAD_BYTES: '20000000' },
  })
  const frozen = await connect(t, gateway.url)
  frozen.ws.pause()
  const { conn } = await gateway.event('client.open')
  assert.equal((await gateway.push({ message: 'x'.repeat(12_000_000) })).status, 200)
  const line = await gateway.event('client.close')
  assert.equal(line.conn, conn)
  assert.equal(line.code, 1006)

  const idle = await startGateway(t, { env: { WS_IDLE_TIMEOUT_MS: '3500' } })
  const uploading = await connect(t, idle.url)
  const raw = (uploading.ws as unknown as { _socket: Socket })._socket
  const length = 300_000
  const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(length, 6)
  raw.write(head)
  for (let i = 0; i < 20; i++) {
    raw.write(Buffer.alloc(length / 20))
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  assert.equal((await uploading.messages(1))[0]?.length, length)
})
