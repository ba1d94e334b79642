import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cli, startCli } from '../support/cli.ts'
import { connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'
import { rawServer } from '../support/raw-server.ts'

const LISTENER = `
export const onClientOpen = d => { d.conn.user = new URLSearchParams(d.conn.request.query).get('user') }
export const onMessage = d => { d.message = d.message === 'bytes' ? Buffer.from([1, 255]) : 'got ' + d.message }`

test('trace shows what a user sends and gets, until Ctrl-C; as JSON, what the gateway sends', async t => {
  const gateway = await startGateway(t, { listener: { 'listener.js': LISTENER } })
  const cwd = gateway.folder
  const readable = startCli(t, { cwd, env: { FORCE_COLOR: '' } }, 'trace', '--user', 'anna', '--bytes', '12')
  const json = startCli(t, { cwd }, 'trace', '--user', 'anna', '--json')
  // Whether they listen shows in what they get.
  const ben = await connect(t, `${gateway.url}/?user=ben`)
  await eventually('both traces', async () => {
    const client = await connect(t, `${gateway.url}/?user=anna`)
    client.send('\u001b[2Jhello')
    client.send('bytes')
    await client.messages(2)
    client.ws.close(4001, 'enough')
    await client.closed
    // The whole of one, from its opening on: the first may have been under way already.
    return / open\n[\s\S]* closed /.test(readable.out) && /"open"[\s\S]*"close"/.test(json.out)
  })
  ben.send('not shown')
  for (const running of [readable, json]) running.child.kill('SIGINT')
  const [{ code, out, err }, asJson] = await Promise.all([readable.ended, json.ended])
  assert.deepEqual([code, err, asJson.code, asJson.err], [0, '', 0, ''])
  const time = String.raw`^\d\d:\d\d:\d\d\.\d{3} \S+ anna`
  assert.match(out, new RegExp(`${time} open$`, 'm'))
  assert.match(out, new RegExp(String.raw`${time} --> 9 B \\u001b\[2Jhello$`, 'm'))
  assert.match(out, new RegExp(String.raw`${time} <-- 13 B got \\u001b\[2Jhell…$`, 'm'))
  assert.match(out, new RegExp(`${time} --> 5 B bytes$`, 'm'))
  assert.match(out, new RegExp(`${time} <-- 2 B 01 ff$`, 'm'))
  assert.match(out, new RegExp(`${time} closed with 4001 \\(Application\\): enough$`, 'm'))
  assert.doesNotMatch(out, /not shown/)
  const events = asJson.out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.deepEqual([...new Set(events.map(({ what }) => what))].sort(), ['close', 'in', 'open', 'out'])
  const opening = events.findIndex(({ what }) => what === 'open')
  const answer = events.slice(opening).find(({ what }) => what === 'out')
  assert.equal(answer.text, 'got \u001b[2Jhello')
})

test('trace of a connection ends with it, and says so; one that is not open is refused', async t => {
  const gateway = await startGateway(t)
  const cwd = gateway.folder
  const client = await connect(t, gateway.url)
  const [{ id }] = (await gateway.call('GET', '/connections')).body.connections
  const running = startCli(t, { cwd, env: { FORCE_COLOR: '1' } }, 'trace', id)
  await eventually('the trace', () => {
    client.send('x')
    return /-->/.test(running.out)
  })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour is what is looked for
  assert.match(running.out, /\u001b\[32m-->\u001b\[39m/)
  await client.close(1000)
  const { code, err } = await running.ended
  assert.equal(code, 0)
  assert.match(err, /^gateway: the trace has ended: the connection has closed\n$/)
  const gone = await cli({ cwd }, 'trace', id)
  assert.deepEqual([gone.code, gone.out], [1, ''])
  assert.match(gone.err, /is open/)
  const over = await cli({ cwd }, 'trace', '--user', 'nobody', '--seconds', '1')
  assert.deepEqual(over, { code: 0, out: '', err: 'gateway: the trace has ended: time is up\n' })
})

test('trace tells what was left out, an older gateway, and one that breaks off', async t => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
  const problem = '{"detail":"there is no /trace here; there are /push, /start"}'
  const answers: [string, string[], number, RegExp, RegExp][] = [
    [
      `${head}event: dropped\ndata: {"count":3}\n\n`,
      [],
      1,
      /^\(3 messages more, too many to show\)\n$/,
      /without a word/,
    ],
    [
      `${head}event: dropped\ndata: {"count":3}\n\n`,
      ['--json'],
      1,
      /^\{"event":"dropped","count":3\}\n$/,
      /without a word/,
    ],
    [`${head}event: new\ndata: {}\n\nevent: end\ndata: {"reason":"r"}\n\n`, [], 0, /^$/, /has ended: r$/m],
    [
      `HTTP/1.1 404 Not Found\r\nContent-Length: ${problem.length}\r\n\r\n${problem}`,
      [],
      1,
      /^$/,
      /older than this command/,
    ],
  ]
  for (const [answer, words, code, out, err] of answers) {
    const { url } = await rawServer(t, socket => socket.once('data', () => socket.end(answer)))
    const result = await cli({ cwd: '/tmp', env: { FORCE_COLOR: '' } }, 'trace', 'id', '--url', url, ...words)
    assert.equal(result.code, code, result.err)
    assert.match(result.out, out)
    assert.match(result.err, err)
  }
})
