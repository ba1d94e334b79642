/** A gateway that gets what no client and no application would send, while honest clients go on. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type GatewayProcess, residentBytes, spawnGateway } from '../support/gateway.ts'
import { calls } from './fuzz/calls.ts'
import { type Attack, newTally, send } from './fuzz/fleet.ts'
import { frames } from './fuzz/frames.ts'
import { handshakes } from './fuzz/handshakes.ts'
import { Honest } from './fuzz/honest.ts'
import { Random } from './fuzz/random.ts'

/** How many inputs of each kind. */
const HANDSHAKES = 80_000
const FRAMES = 110_000
const CALLS = 80_000

const SEED = process.env.FUZZ_SEED ?? '20'
/** The first round warms everything up, and later ones must not need more memory. */
const ROUNDS = 3
const HONEST = 4
const MB = 1024 * 1024
const MOST_GROWTH_BYTES = 60 * MB
const HEALTH_EVERY_MS = 500
const ANSWER_WITHIN_MS = 10_000
const SETTLE_MS = 15_000
/** Several addresses, since one alone has but 28,000 ports for all that has ended lately. */
const ADDRESSES = 8
const ERROR = 50

const openFiles = (pid: number | undefined): number => readdirSync(`/proc/${pid}/fd`).length

/** A call of the control API that does not wait for ever. */
async function ask(gateway: GatewayProcess, path: string): Promise<Answer> {
  const late = new AbortController()
  const silence = sleep(ANSWER_WITHIN_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`no answer to GET ${path} within ${ANSWER_WITHIN_MS} ms`)
  })
  try {
    return await Promise.race([gateway.call('GET', path), silence])
  } finally {
    silence.catch(() => undefined)
    late.abort()
  }
}

/** Waits until it runs; at this log level it does not say so. */
async function portOf(gateway: GatewayProcess): Promise<number> {
  await gateway.event('listener.load')
  const end = Date.now() + SETTLE_MS
  for (;;) {
    const { body } = await ask(gateway, '/status')
    if (body.state === 'running') return body.port
    if (Date.now() > end) throw new Error(`the gateway is ${body.state}`)
    await sleep(50)
  }
}

/** Asks now and then whether it is well, until it is not, or the signal is aborted. @returns how often it was */
async function watchHealth(gateway: GatewayProcess, signal: AbortSignal): Promise<number> {
  for (let count = 0; ; count++) {
    if (signal.aborted) return count
    const { status } = await ask(gateway, '/health')
    assert.equal(status, 200, `health call ${count}`)
    await sleep(HEALTH_EVERY_MS)
  }
}

test('200,000 malformed handshakes, frames and control calls hurt nobody else', {
  timeout: 300_000,
}, async t => {
  t.diagnostic(`FUZZ_SEED=${SEED}`)
  const gateway = spawnGateway(t, { listener: {}, env: { WS_LOG_LEVEL: 'warn' } })
  const port = await portOf(gateway)
  const { pid } = gateway.child
  const honest = await Honest.connect(t, `ws://127.0.0.1:${port}`, HONEST)
  const ended = new AbortController()
  t.after(() => ended.abort())
  const health = watchHealth(gateway, ended.signal)
  // A gateway that does not answer is attacked no longer.
  health.catch(() => ended.abort())
  const filesBefore = openFiles(pid)

  const publicSide = (index: number) => ({ host: `127.0.0.${1 + (index % ADDRESSES)}`, port })
  const controlSide = () => ({ path: gateway.socket })
  const kind = (name: string, make: (random: Random) => Attack, inputs: number, parallel: number) => ({
    name,
    tally: newTally(),
    fleet: {
      inputs: Math.ceil(inputs / ROUNDS),
      parallel,
      address: name === 'calls' ? controlSide : publicSide,
      make: (index: number) => make(new Random(SEED, name, index)),
      signal: ended.signal,
    },
    next: 0,
  })
  const kinds = [
    kind('handshakes', handshakes, HANDSHAKES, 48),
    kind('frames', frames, FRAMES, 32),
    kind('calls', calls, CALLS, 48),
  ]

  /** Waits until nobody but the honest clients is left. */
  const settled = async (): Promise<{ connections: number; unclosed: number }> => {
    const end = Date.now() + SETTLE_MS
    for (;;) {
      const { body } = await ask(gateway, '/status')
      const left = { connections: body.connections, unclosed: body.counters.opened - body.counters.closed }
      if ((left.connections === HONEST && left.unclosed === HONEST) || Date.now() > end) return left
      await sleep(100)
    }
  }

  const memory: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(
      kinds.map(async k => {
        k.next = await send({ ...k.fleet, first: k.next }, k.tally)
      }),
    )
    if (ended.signal.aborted) await health
    assert.deepEqual(await settled(), { connections: HONEST, unclosed: HONEST }, `after round ${round}`)
    memory.push(residentBytes(pid))
  }

  const messages = await honest.check()
  ended.abort()
  const asked = await health
  for (const { name, tally } of kinds) {
    const statuses = [...tally.statuses].sort().map(([status, count]) => `${status}: ${count}`)
    t.diagnostic(`${name}: ${tally.inputs} on ${tally.connections} connections; ${statuses.join(', ')}`)
  }
  t.diagnostic(`honest messages: ${messages}, health calls: ${asked}`)
  t.diagnostic(`resident MB after each round: ${memory.map(bytes => Math.round(bytes / MB)).join(', ')}`)

  for (const { name, tally } of kinds) {
    const { stuck, refused, failed } = tally
    assert.deepEqual({ stuck, refused, failed }, { stuck: [], refused: [], failed: [] }, name)
  }
  assert.ok(kinds.reduce((sum, { tally }) => sum + tally.inputs, 0) >= HANDSHAKES + FRAMES + CALLS)
  assert.ok(messages > 1000, `${messages} honest messages`)
  assert.equal(gateway.child.pid, pid)
  assert.deepEqual([gateway.child.exitCode, gateway.child.signalCode], [null, null])
  assert.deepEqual(
    gateway.lines.filter(line => line.level >= ERROR || line.msg === 'uncaught exception'),
    [],
  )
  assert.equal(gateway.stderr, '')
  const growth = (memory.at(-1) ?? Infinity) - (memory[0] ?? 0)
  assert.ok(growth < MOST_GROWTH_BYTES, `the gateway has grown by ${Math.round(growth / MB)} MB`)
  const filesAfter = openFiles(pid)
  assert.ok(filesAfter <= filesBefore + 5, `${filesBefore} files were open, now ${filesAfter}`)
})
