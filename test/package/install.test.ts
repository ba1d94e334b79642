/** The package, installed from its tarball into an empty folder as a user installs it: it runs, and its types compile. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { BASE, docker, LABEL, mountable, noEngine, run, unique, until } from '../docker/engine.ts'
import { connect } from '../support/client.ts'
import { root, startGateway, writeFiles } from '../support/gateway.ts'
import { npmEnvironment, pack } from './packed.ts'

const execute = promisify(execFile)

const LISTENER = `
import type { Listener } from 'websocket-gateway'
export const onMessage: Listener['onMessage'] = data => { data.message = String(data.message).toUpperCase() }
`

/** A Node program of a user's, checked as strictly as TypeScript can. */
const APPLICATION = `
import type { Connection, Listener } from 'websocket-gateway'
import { GatewayError, gatewayAction, gatewayState, sendGatewayMessage } from 'websocket-gateway/client'
export const onMessage: Listener['onMessage'] = data => { data.except = [data.conn] }
export const idOf = (conn: Connection): string => conn.id
export async function push(): Promise<number> {
  const { recipients } = await sendGatewayMessage('websocket', { message: 'hello', groups: ['cats'] })
  const { listener, nodes } = await gatewayAction('websocket', 'reload')
  const seen: string | undefined = nodes?.[0]?.lastSeen
  const state: 'stopped' | 'starting' | 'running' | 'stopping' = await gatewayState('websocket')
  return recipients + listener.generation + state.length + (seen?.length ?? 0)
}
export const detailOf = (error: unknown) => error instanceof GatewayError ? error.detail : undefined
// @ts-expect-error: a push has a message
await sendGatewayMessage('websocket', { text: 'hello' })
`

/** A page's program, without the types of Node. */
const PAGE = `
import { GatewaySocket } from 'websocket-gateway/browser'
const socket: WebSocket = new GatewaySocket('wss://example.com/', { token: async () => 'abc' })
socket.onmessage = event => socket.send(event.data)
`

test('the package, installed from its tarball', async t => {
  const { file } = await pack(t)
  const folder = mountable(t)
  const npm = (...words: string[]) => execute('npm', words, { cwd: folder, env: npmEnvironment() })
  const npx = (...words: string[]) => execute('npx', words, { cwd: folder, env: npmEnvironment() })
  await npm('install', '--no-audit', '--no-fund', '--prefer-offline', file)

  await t.test('its commands answer', async () => {
    assert.match((await npx('gateway', '--help')).stdout, /^Usage: gateway COMMAND/)
    assert.match((await npx('gateway', 'config')).stdout, /WS_PORT/)
    assert.match((await npx('websocket-gateway', '--help')).stdout, /^Usage: websocket-gateway/)
    assert.match((await npx('websocket-gateway', '--version')).stdout, /^\d+\.\d+\.\d+\n$/)
  })

  await t.test('words that would have no effect are refused', async () => {
    const ran = await run('npx', ['websocket-gateway', '--port', '8080'], {
      cwd: folder,
      env: npmEnvironment(),
    })
    assert.equal(ran.code, 2)
    assert.match(ran.err, /^websocket-gateway: got "--port", takes nothing: settings are WS_\* variables/)
  })

  await t.test('it runs, with a listener in TypeScript, and is pushed to', async t => {
    writeFiles(join(folder, 'listener'), { 'listener.ts': LISTENER })
    const gateway = await startGateway(t, {
      folder,
      command: onlyThat('node_modules/.bin/websocket-gateway'),
    })
    const client = await connect(t, gateway.url)
    assert.match((await npx('gateway', 'push', 'hello')).stdout, /^pushed to 1 connection\n/)
    assert.deepEqual(await client.messages(1), ['HELLO'])
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
    assert.equal((await client.closed).code, 1001)
  })

  await t.test("it runs on the image's Node as well", { skip: noEngine }, async t => {
    const name = unique('package')
    t.after(() => run('docker', ['rm', '-f', '-v', name]))
    // Who owns the folder may write in it.
    const words = ['--user', '0', '--workdir', '/user', '--volume', `${folder}:/user`, '--label', LABEL]
    await docker('run', '-d', '--name', name, ...words, BASE, 'node_modules/.bin/websocket-gateway')
    const gateway = (...command: string[]) => run('docker', ['exec', name, 'npx', 'gateway', ...command])
    await until('the gateway to run', async () => /running/.test((await gateway('status')).out))
    assert.equal((await gateway('push', 'hello')).out, 'pushed to 0 connections\n')
    await docker('stop', name)
    assert.equal(await docker('wait', name), '0')
  })

  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    await t.test(`its types compile, with moduleResolution ${moduleResolution}`, async t => {
      const options = ['--module', module, '--moduleResolution', moduleResolution]
      writeFiles(join(folder, moduleResolution), { 'app.mts': APPLICATION, 'page.mts': PAGE })
      const types = join(folder, 'node_modules', '@types')
      mkdirSync(types, { recursive: true })
      if (moduleResolution === 'nodenext')
        symlinkSync(join(root, 'node_modules/@types/node'), join(types, 'node'))
      await compiles(t, folder, `${moduleResolution}/app.mts`, [...options, '--types', 'node'])
      await compiles(t, folder, `${moduleResolution}/page.mts`, [
        ...options,
        '--lib',
        'es2022,dom',
        '--types',
        '',
      ])
    })
  }
})

/** Runs a program of the folder in the place of this working tree's gateway, whose two words it ignores. */
function onlyThat(program: string): string[] {
  return ['/bin/sh', '-c', `exec ${program}`]
}

/** No error in the file, nor in the types that it leads to. */
async function compiles(t: TestContext, folder: string, file: string, options: string[]): Promise<void> {
  const words = ['--noEmit', '--strict', '--target', 'es2022', '--skipLibCheck', 'false', '--ignoreConfig']
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const ran = await run(process.execPath, [tsc, ...words, ...options, file], { cwd: folder })
  t.diagnostic(`${file}: ${ran.out || 'no error'}`)
  assert.equal(ran.code, 0, ran.out)
}
