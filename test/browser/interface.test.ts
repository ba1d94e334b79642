/** The client for browsers as it is shipped: its interface, its size, its types, and the package that holds it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { noBrowser } from '../support/browser.ts'
import { root, startGateway, temporaryFolder } from '../support/gateway.ts'
import { http, make, openSite, seen, stays } from './stage.ts'

/** In bytes, with gzip. */
const MOST = 2000

test('it has the interface of the browser’s own', { skip: noBrowser }, async t => {
  const visit = await openSite(t)
  const gateway = await startGateway(t)
  const page = await visit()
  await make(page, gateway, [`${http(gateway)}/room?a=1`, ['chat']])
  await seen(page, 'open 1')
  const differences = await page.evaluate(`(() => {
      const own = new WebSocket('${gateway.url}/room?a=1', ['chat'])
      const isOther = key => !(key in socket) || (!key.startsWith('on') && typeof socket[key] !== typeof own[key])
      return Object.keys(WebSocket.prototype).filter(isOther)
    })()`)
  assert.deepEqual(differences, [])
  const { url, statics } = await page.evaluate<{ url: string; statics: number[] }>(`({
      url: socket.url,
      statics: ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].flatMap(name => [socket[name], socket.constructor[name]]),
    })`)
  assert.equal(url, `${gateway.url}/room?a=1`)
  assert.deepEqual(statics, [0, 0, 1, 1, 2, 2, 3, 3])
  const told = await page.evaluate(`new Promise(resolve => {
      socket.binaryType = 'arraybuffer'
      socket.addEventListener('message', event => resolve([
        event.data instanceof ArrayBuffer, event.target === socket, event.origin, socket.binaryType,
      ]), { once: true })
      socket.send(new Uint8Array(3))
    })`)
  assert.deepEqual(told, [true, true, gateway.url, 'arraybuffer'])
  for (const [words, name] of [
    [`'http://'`, 'TypeError'],
    [`'ftp://example.org/'`, 'SyntaxError'],
    [`'/', 'a b'`, 'SyntaxError'],
    [`'/', { minDelayMs: 0 }`, 'RangeError'],
    [`'/', [], { minDelayMs: 10, maxDelayMs: 5 }`, 'RangeError'],
  ]) {
    assert.equal(
      await page.evaluate(`make('${http(gateway)}', ${words}).catch(error => error.name)`),
      name,
      words,
    )
  }
  await page.close()
})

test('it takes what the browser’s own takes, and ends once', { skip: noBrowser }, async t => {
  const visit = await openSite(t)
  const gateway = await startGateway(t)
  const page = await visit()

  await t.test(
    'what is no text and no bytes goes out as the text that it makes, also when it waits',
    async () => {
      const strange = `for (const data of [5, null, new String('é'), ['a', 1]]) socket.send(data)`
      await page.evaluate(`make('${http(gateway)}', '${gateway.url}').then(() => { ${strange} })`)
      await seen(page, '5 1', 'null 1', 'é 1', 'a,1 1')
      await page.evaluate('seen.length = 0')
      await page.evaluate(strange)
      await seen(page, '5 1', 'null 1', 'é 1', 'a,1 1')
      await page.evaluate('socket.close()')
      await seen(page, 'close 1005 3')
    },
  )

  await t.test(
    'an option that is undefined is its default; null is no reason to lose the options',
    async () => {
      const none =
        '{ minDelayMs: undefined, maxDelayMs: undefined, maxQueueBytes: undefined, token: undefined }'
      await page.evaluate(`seen.length = 0
      make('${http(gateway)}', '${gateway.url}', ${none}).then(() => socket.send('kept'))`)
      await seen(page, 'kept 1')
      await page.evaluate(`socket.close(); make('${http(gateway)}', '${gateway.url}', null, { minDelayMs: 0 })
      .catch(error => seen.push(error.name))`)
      await seen(page, 'RangeError')
      await seen(page, 'close 1005 3')
    },
  )

  await t.test('close() in an error event leads to one close event', async () => {
    await page.evaluate(`seen.length = 0
      make('${http(gateway)}', 'ws://127.0.0.1:1', { minDelayMs: 1 }).then(() => {
        socket.onerror = () => { seen.push('error ' + socket.readyState); socket.close() }
      })`)
    await stays(page, ['error 0', 'close 1006 3'])
  })

  await t.test('close() looks at its code while a token is asked for as well', async () => {
    const never = '{ token: () => new Promise(() => {}) }'
    await page.evaluate(`(async () => {
      seen.length = 0
      await make('${http(gateway)}', '${gateway.url}', ${never})
      for (const code of [1, 1001, 2999, 5000]) try { socket.close(code) } catch (error) { seen.push(error.name) }
      seen.push(socket.readyState)
      socket.close(4999)
    })()`)
    await stays(page, [...Array<string>(4).fill('InvalidAccessError'), 0, 'close 1006 3'])
  })

  await t.test('a relative URL counts from the page’s base', async () => {
    const url = await page.evaluate(`(async () => {
      document.head.append(Object.assign(document.createElement('base'), { href: '${http(gateway)}/base/' }))
      await make('${http(gateway)}', 'room')
      socket.close()
      return socket.url
    })()`)
    assert.equal(url, `${gateway.url}/base/room`)
  })
  await page.close()
})

test(`it has less than ${MOST} bytes`, t => {
  const { length } = gzipSync(readFileSync(join(root, 'dist/browser/client.js')), { level: 9 })
  t.diagnostic(`client.js has ${length} bytes with gzip`)
  assert.ok(length < MOST, `${length}`)
})

test('its types are those of a WebSocket, and import works in Node as well', t => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/websocket-gateway'))
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  writeFileSync(
    join(folder, 'app.ts'),
    `import same, { GatewaySocket, type GatewaySocketOptions } from 'websocket-gateway/browser'
const options: GatewaySocketOptions = { token: async () => 'a token', minDelayMs: 100, maxQueueBytes: 0 }
export const sockets: WebSocket[] = [new same('/'), new GatewaySocket(new URL('ws://a'), ['chat'], options)]
const socket = new GatewaySocket('ws://localhost:10125/', { token: () => 'a token' })
socket.onmessage = event => console.log(event.data)
socket.addEventListener('close', ({ code }) => console.log(code.toFixed()))
// @ts-expect-error no such option
new GatewaySocket('/', { tokens: 1 })
`,
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const words = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom']
  execFileSync(process.execPath, [tsc, ...words, '--types', '', 'app.ts'], { cwd: folder, stdio: 'inherit' })
  const code = "import { GatewaySocket } from 'websocket-gateway/browser'; console.log(GatewaySocket.CLOSED)"
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: folder })
  assert.equal(String(out), '3\n')
})

test('npm packs it, with its types alone, and the page', () => {
  const out = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
  const [{ files }] = JSON.parse(String(out)) as [{ files: { path: string }[] }]
  const own = files.map(({ path }) => path).filter(path => path.startsWith('dist/browser/'))
  for (const name of ['client.js', 'client.d.ts', 'page.html', 'page.csp']) {
    assert.ok(own.includes(`dist/browser/${name}`), name)
  }
  assert.deepEqual(
    own.filter(path => path.endsWith('.ts')),
    ['dist/browser/client.d.ts'],
  )
})
