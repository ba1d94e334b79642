import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { listen } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'

const entry = (n: number, more: object = {}): string =>
  `${JSON.stringify({ level: 30, time: 1_790_000_000_000 + n, gateway: 'other', event: 'push', n, ...more, msg: `line ${n}` })}\n`
const query = (filters: Record<string, string>): string => `?${new URLSearchParams(filters)}`
const numbers = (lines: readonly { n?: number }[]): unknown[] => lines.map(line => line.n)

test('GET /logs: the last lines that match, also in rotated files, and what is asked for badly', async t => {
  const gateway = await startGateway(t)
  const logs = join(gateway.folder, 'logs')
  const file = join(logs, 'WebSocket.log')
  const client = await connect(t, gateway.url)
  await client.close(1000)
  const { conn } = await gateway.event('client.close')
  await gateway.until('the file', () => gateway.logFile().some(line => line.event === 'client.close'))
  const own = (await gateway.call('GET', '/logs')).body.lines
  assert.deepEqual(
    own.map((line: { event: string }) => line.event).filter((event: string) => event.startsWith('client')),
    ['client.open', 'client.close'],
  )
  const get = async (filters: Record<string, string>) => {
    const { status, body } = await gateway.call('GET', `/logs${query(filters)}`)
    assert.equal(status, 200, JSON.stringify(body))
    return body.lines
  }
  const ofConn = await get({ conn: String(conn) })
  assert.deepEqual(
    ofConn.map((line: { event: string }) => line.event),
    ['client.open', 'client.close'],
  )

  renameSync(file, join(logs, 'WebSocket.log.20260101T000000.002Z-000000'))
  writeFileSync(
    join(logs, 'WebSocket.log.20260101T000000.001Z-000000'),
    [0, 1, 2].map(n => entry(n)).join(''),
  )
  writeFileSync(
    file,
    `${[3, 4].map(n => entry(n)).join('')}no JSON\n${entry(5, { level: 50, event: 'listener.error' })}`,
  )
  const others = { gateway: 'other' }
  assert.deepEqual(numbers(await get(others)), [0, 1, 2, 3, 4, 5])
  assert.deepEqual(numbers(await get({ ...others, limit: '4' })), [2, 3, 4, 5])
  assert.deepEqual(numbers(await get({ ...others, level: 'warn' })), [5])
  assert.deepEqual(numbers(await get({ ...others, event: 'listener.*' })), [5])
  assert.deepEqual(numbers(await get({ text: 'LINE 1' })), [1])
  assert.deepEqual(await get({ text: 'no json' }), [{ msg: 'no JSON' }])
  assert.deepEqual(await get({ ...others, conn: 'nobody' }), [])

  for (const [filters, detail] of [
    [{ limit: '0' }, 'limit takes a whole number from 1 to 1000, got "0"'],
    [{ limit: '1001' }, 'limit takes a whole number from 1 to 1000, got "1001"'],
    [{ level: 'loud' }, 'level takes one of trace, debug, info, warn, error, fatal, got "loud"'],
  ] as const) {
    const { status, body } = await gateway.call('GET', `/logs${query(filters)}`)
    assert.deepEqual([status, body.detail], [400, detail])
  }
  const { status, body } = await gateway.call('GET', '/logs/events?limit=-1')
  assert.deepEqual([status, body.detail], [400, 'limit takes a whole number from 0 to 1000, got "-1"'])
})

test('a long log is searched up to a bound, and the gateway goes on meanwhile', async t => {
  const gateway = await startGateway(t)
  const file = join(gateway.folder, 'logs', 'WebSocket.log')
  await gateway.until('the file', () => gateway.logFile().length > 0)
  const large = entry(7, { pad: 'x'.repeat(3000) }).repeat(1000)
  appendFileSync(file, entry(1, { event: 'rare' }))
  for (let mib = 0; mib < 70; mib += large.length / 1024 / 1024) appendFileSync(file, large)
  // All at once, unless they are held up on their way here.
  const answers = await eventually('one search too many', async () => {
    const searches = Array.from({ length: 5 }, () => gateway.call('GET', '/logs?event=rare'))
    const all = await Promise.all(searches)
    return all.some(({ status }) => status === 429) && all
  })
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 200, 200, 429])
  for (const { status, body } of answers)
    if (status === 200) assert.deepEqual(body, { lines: [], partial: true })
  // Lines that are large together are given in part.
  const { body } = await gateway.call('GET', '/logs?limit=1000')
  assert.equal(body.partial, true)
  assert.ok(body.lines.length > 500 && body.lines.length < 1000)
})

test('GET /logs/events: lines as they come, over rotations of the gateway itself', async t => {
  const gateway = await startGateway(t, {
    env: { WS_LOG_MAX_BYTES: '65536', WS_LOG_MAX_FILES: '50', WS_LOG_LEVEL: 'debug' },
  })
  await gateway.push({ message: 'before' })
  await gateway.until('the file', () => gateway.logFile().some(line => line.text === 'before'))
  const all = await listen(t, gateway.socket, '/logs/events?text=numbered')
  const last = await listen(t, gateway.socket, '/logs/events?limit=1&event=push&text=before')
  assert.equal((await last.of('line', 1))[0].text, 'before')
  for (let n = 0; n < 40; n++) await gateway.push({ message: `numbered ${n} ${'x'.repeat(10_000)}` })
  const seen = (await all.of('line', 40)).map(line => Number(/numbered (\d+)/.exec(line.text)?.[1]))
  assert.deepEqual(
    seen,
    Array.from({ length: 40 }, (_, n) => n),
  )
  assert.ok(readdirSync(join(gateway.folder, 'logs')).length > 4)
  assert.equal(gateway.stderr, '')
})

test('a log that cannot be read is a problem that says so', async t => {
  const gateway = await startGateway(t, { env: { WS_LOG_DIR: 'blocked' }, files: { blocked: '' } })
  for (const path of ['/logs', '/logs/events']) {
    const { status, body } = await gateway.call('GET', path)
    assert.equal(status, 503)
    assert.match(body.detail, /^WebSocket\.log cannot be read: ENOTDIR/)
  }
  rmSync(join(gateway.folder, 'blocked'))
  await gateway.until('the all-clear', () => /is written again/.test(gateway.stderr))
  assert.equal((await gateway.call('GET', '/logs')).status, 200)
})
