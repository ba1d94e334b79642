import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'
import { rawServer } from '../support/raw-server.ts'
import { noTerminal, terminal } from '../support/terminal.ts'

const LISTENER = `
export const onClientOpen = d => { d.conn.user = new URLSearchParams(d.conn.request.query).get('user') ?? undefined }
export const onMessage = d => { d.connections = [d.conn] }`

/** Thirty connections, of which one talks until the test ends. */
async function busyGateway(t: Parameters<typeof startGateway>[0]): Promise<GatewayProcess> {
  const gateway = await startGateway(t, { listener: { 'listener.js': LISTENER } })
  const clients = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      connect(t, `${gateway.url}/room/${i}${i === 7 ? '?user=%E7%8C%AB' : ''}`),
    ),
  )
  const timer = setInterval(() => clients[7]?.send('hello'), 20)
  t.after(() => clearInterval(timer))
  return gateway
}

test('top fits 80 by 24, sorts, turns pages, follows the size, and gives the terminal back', {
  skip: noTerminal,
}, async t => {
  const gateway = await busyGateway(t)
  const top = terminal(t, { cwd: gateway.folder }, 'top', '--every', '0.2')
  await top.shows(/^connections 30 {3}groups 0/)
  await top.shows(/^in [1-9]\S*\/s [1-9].*B\/s {3}delivered [1-9].*pushes 0\/s$/)
  await top.shows(/^loop p50 \S+ {3}p99 \S+ {3}max \S+ ms {3}memory \d+ MB.* cpu /)
  const busiest = (): string => top.screen[top.screen.findIndex(line => line.startsWith('ID ')) + 1] ?? ''
  await top.until('the busiest', () =>
    /^\S+ +猫 +127\.0\.0\.1 +[1-9]\S*\/s +[1-9].* \/room\/7$/.test(busiest()),
  )
  await top.shows(/^q quit {3}s sort: busiest {3}↑↓ page 1 of 2$/)
  const isWhole = (rows: number, columns: number): boolean =>
    top.screen.length === rows && top.screen.every(line => [...line].length <= columns)
  assert.ok(isWhole(24, 80), top.screen.join('\n'))

  top.type('ssss')
  await top.shows(/sort: oldest/)
  await top.until('the oldest', () => !busiest().includes('猫'))
  top.type('S')
  await top.shows(/sort: buffered/)
  top.type('\u001b[B')
  await top.shows(/page 2 of 2/)
  top.type('\u001b[A\u001b[6~\u001b[1~')
  await top.shows(/page 1 of 2/)
  top.resize(50, 60)
  await top.until('a higher and narrower screen', () => isWhole(50, 60))
  await top.shows(/page 1 of 1/)
  top.resize(3, 12)
  await top.until('a tiny screen', () => isWhole(3, 12))
  top.resize(24, 80)

  // A gateway that is away is told, and looked for again.
  await gateway.call('POST', '/stop')
  await top.shows(/^websocket stopped/)
  await gateway.stop()
  await top.shows(/^no gateway is there/)
  top.type('q')
  assert.deepEqual(await top.ended, { code: 0, cooked: true })
  assert.ok(top.out.endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l'))
})

test('Ctrl-C and signals end top, and the terminal is as it was', { skip: noTerminal }, async t => {
  const gateway = await busyGateway(t)
  const ways: [(top: ReturnType<typeof terminal>) => void, number][] = [
    [top => top.type('\u0003'), 0],
    [top => top.signal('SIGINT'), 0],
    [top => top.signal('SIGTERM'), 143],
    [top => top.signal('SIGHUP'), 129],
  ]
  await Promise.all(
    ways.map(async ([end, code]) => {
      const top = terminal(t, { cwd: gateway.folder }, 'top')
      await top.shows(/^q quit/)
      end(top)
      assert.deepEqual(await top.ended, { code, cooked: true })
      assert.ok(top.out.endsWith('\u001b[?1049l'))
    }),
  )
})

test('an error ends what is drawn before it is told', { skip: noTerminal }, async t => {
  const status = JSON.stringify({
    counters: {},
    listener: { error: null },
    id: 'older',
    state: 'stopped',
    port: 1,
  })
  const rest = JSON.stringify({
    connections: 0,
    groups: 0,
    users: 0,
    version: '0.0.1',
    mode: 'manual',
    uptimeMs: 0,
  })
  const first = `${status.slice(0, -1)},${rest.slice(1)}`
  for (const words of [['top'], ['status', '--watch']]) {
    let calls = 0
    const { url } = await rawServer(t, socket =>
      socket.once('data', () => {
        const body = calls++ === 0 ? first : 'nonsense'
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      }),
    )
    const drawn = terminal(t, { cwd: '/tmp' }, ...words, '--every', '0.5', '--url', url)
    // An older gateway says less of itself.
    await drawn.shows(/older/)
    assert.deepEqual(await drawn.ended, { code: 1, cooked: true })
    const [, after = ''] = drawn.out.split('\u001b[?1049l')
    assert.match(after, /^gateway: .*JSON/)
  }
})

test('without a terminal top says so, and --once prints one plain frame', async t => {
  const gateway = await busyGateway(t)
  const cwd = gateway.folder
  const none = await cli({ cwd }, 'top')
  assert.deepEqual([none.code, none.out], [2, ''])
  assert.match(
    none.err,
    /^gateway: top draws on a terminal, and standard output is none; --once prints one frame$/m,
  )
  // Again where this process, in which the client is, had no time between the two looks.
  const lines = await eventually('a frame with one that talks', async () => {
    const { code, out, err } = await cli({ cwd }, 'top', '--once', '-n', '2', '--every', '0.3')
    assert.deepEqual([code, err, out.includes('\u001b')], [0, '', false])
    return / 猫 .*[1-9]\S*\/s/.test(out) && out.trimEnd().split('\n')
  })
  assert.match(lines[0] ?? '', /^websocket running {3}for /)
  assert.match(lines.at(-3) ?? '', /^ID +USER +IP +IN +OUT .*RECEIVED +SENT +OPEN +PATH$/)
  assert.match(lines.at(-2) ?? '', / 猫 .*[1-9]\S*\/s.* \/room\/7$/)
  assert.match(lines.at(-1) ?? '', / 0\/s .* \/room\/\d+$/)
  await gateway.stop()
  assert.equal((await cli({ cwd }, 'top', '--once')).code, 3)
})
