/** Clients that we did not write. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { connect } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { missing } from '../support/needs.ts'

const PYTHON = '/usr/bin/python3'
const CHROMIUM = '/usr/bin/chromium'
const CURL = '/usr/bin/curl'

async function output(program: string, words: string[], input = ''): Promise<string> {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  child.stderr.on('data', chunk => {
    text += chunk
  })
  child.stdin.end(input)
  await once(child, 'close')
  return text
}

test('python3-websockets: text, binary, fragments, ping, close', {
  skip: missing(PYTHON, 'python3-websockets'),
}, async t => {
  const gateway = await startGateway(t)
  const program = `
import asyncio, websockets
async def main():
    async with websockets.connect('${gateway.url}/python') as ws:
        await ws.send('Grüße')
        print(await ws.recv())
        await ws.send(bytes([1, 2, 3]))
        print(await ws.recv())
        async def parts():
            yield 'in '
            yield 'parts'
        await ws.send(parts())
        print(await ws.recv())
        await (await ws.ping())
        print('pong')
        await ws.send('x' * 200000)
        print(len(await ws.recv()))
        await ws.close(4002, 'done')
asyncio.run(main())
`
  const text = await output(PYTHON, ['-X', 'utf8', '-'], program)
  assert.equal(text, "Grüße\nb'\\x01\\x02\\x03'\nin parts\npong\n200000\n")
  const line = await gateway.event('client.close')
  assert.deepEqual([line.code, line.reason], [4002, 'done'])
})

test('a browser: connects, sends, receives, sees the close code of a restart', {
  skip: missing(CHROMIUM, 'chromium'),
}, async t => {
  const gateway = await startGateway(t)
  const page = createServer((_, response) => response.end('<!doctype html><title>test</title>')).listen(0)
  await once(page, 'listening')
  t.after(() => page.close())
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  t.after(() => browser.close())
  const tab = await browser.newPage()
  await tab.goto(`http://127.0.0.1:${(page.address() as AddressInfo).port}/`)
  const other = await connect(t, gateway.url)
  // As text, since it runs in the browser.
  const seen = tab.evaluate(`new Promise(resolve => {
    const got = []
    const socket = new WebSocket('${gateway.url}/browser', ['chat'])
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      got.push(socket.protocol)
      socket.send('from the browser')
      socket.send(new Uint8Array([7, 8]))
    }
    socket.onmessage = ({ data }) => got.push(typeof data === 'string' ? data : [...new Uint8Array(data)])
    socket.onclose = ({ code, reason, wasClean }) => resolve([...got, code, reason, wasClean])
  })`)
  assert.deepEqual(await other.messages(2), ['from the browser', Buffer.from([7, 8])])
  other.send('to the browser')
  await other.messages(3)
  await gateway.call('POST', '/restart')
  assert.deepEqual(await seen, [
    'chat',
    'from the browser',
    [7, 8],
    'to the browser',
    1012,
    'gateway restarts',
    true,
  ])
})

test('curl on the control socket', { skip: missing(CURL, 'curl') }, async t => {
  const gateway = await startGateway(t)
  const client = await connect(t, gateway.url)
  const curl = (...words: string[]) => output(CURL, ['-s', '--unix-socket', gateway.socket, ...words])
  assert.equal(JSON.parse(await curl('http://gateway/status')).state, 'running')
  const answer = await curl(
    '-H',
    'Content-Type: application/json',
    '-d',
    '{"message":"by curl"}',
    'http://gateway/push',
  )
  assert.deepEqual(JSON.parse(answer), { recipients: 1 })
  assert.deepEqual(await client.messages(1), ['by curl'])
  // curl announces a large body (Expect: 100-continue), and must see the answer to it.
  const big = JSON.stringify({ message: 'x'.repeat(1_048_577) })
  const refused = await output(
    CURL,
    [
      '-s',
      '--unix-socket',
      gateway.socket,
      '-H',
      'Content-Type: application/json',
      '--data-binary',
      '@-',
      'http://gateway/push',
    ],
    big,
  )
  assert.equal(JSON.parse(refused).status, 413)
  const huge = await output(
    CURL,
    [
      '-s',
      '--unix-socket',
      gateway.socket,
      '-H',
      'Content-Type: application/json',
      '--data-binary',
      '@-',
      'http://gateway/push',
    ],
    'x'.repeat(20_000_000),
  )
  assert.equal(JSON.parse(huge).status, 413)
})
