/** What docs/kubernetes.md has Kubernetes do with a gateway is done with one here: probes, mounts, commands, the end. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { cli } from '../support/cli.ts'
import { type Client, connect } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import {
  cleanEnvironment,
  cliFile,
  type GatewayProcess,
  spawnGateway,
  temporaryFolder,
  writeFiles,
} from '../support/gateway.ts'
import { shellLines } from '../support/markdown.ts'
import { quickest } from '../support/quickest.ts'
import { shell } from '../support/shell.ts'
import { containerOf, environmentOf, listener, one, page, secret, single } from './manifests.ts'

const { readinessProbe, livenessProbe } = containerOf(single)
const path = readinessProbe?.httpGet?.path ?? ''
const [gatewayWord, ...liveness] = livenessProbe?.exec?.command ?? []

/** As the kubelet mounts a ConfigMap: each file a link through `..data`, which leads to a folder and is swapped. */
function mount(folder: string, version: string, files: Readonly<Record<string, string>>): void {
  writeFiles(join(folder, `..${version}`), files)
  symlinkSync(`..${version}`, join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  for (const name of Object.keys(files)) {
    rmSync(join(folder, name), { force: true })
    symlinkSync(`..data/${name}`, join(folder, name))
  }
}

/** A gateway with the Deployment's settings, but for ports that are free and times that a test can wait for. */
async function deployed(t: TestContext, files: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'secrets'))
  mount(join(folder, 'listener'), 't1', files)
  const gateway = spawnGateway(t, {
    folder,
    env: {
      ...environmentOf(containerOf(single), join(folder, 'secrets')),
      WS_PORT: '0',
      WS_CONTROL_PORT: '0',
      WS_CONTROL_HOST: '127.0.0.1',
      WS_DRAIN_MS: '4000',
      WS_SHUTDOWN_TIMEOUT_MS: '8000',
    },
  })
  await gateway.line(line => line.event === 'gateway.start' && line.port !== undefined)
  return gateway
}

/** The status of the readiness probe. */
async function ready(gateway: GatewayProcess): Promise<number> {
  return (await fetch(`http://127.0.0.1:${gateway.port}${path}`)).status
}

/** The exit code of the liveness probe. */
async function alive(gateway: GatewayProcess): Promise<number | null> {
  assert.equal(gatewayWord, 'gateway')
  return (await cli({ cwd: gateway.folder }, ...liveness)).code
}

/** A client with a token that the secret has signed. */
async function user(t: TestContext, gateway: GatewayProcess, query: string): Promise<Client> {
  const env = { WS_JWT_SECRET_FILE: join(gateway.folder, 'secrets', 'jwt-secret') }
  const { out } = await cli({ cwd: gateway.folder, env }, 'token', '--user', 'anna')
  return connect(t, `${gateway.url}/${query}&token=${out.trim()}`)
}

test('a gateway as the Deployment starts it', async t => {
  const gateway = await deployed(t, listener.data ?? {})
  const folder = gateway.folder

  await t.test('is ready and alive', async () => {
    assert.equal(await ready(gateway), 200)
    assert.equal(await alive(gateway), 0)
    assert.deepEqual(
      gateway.lines.filter(line => line.level >= 40),
      [],
    )
  })

  const anna = await user(t, gateway, '?room=cats')
  const other = await user(t, gateway, '?room=dogs')

  await t.test("the listener's rooms, and the Job that pushes into one", async () => {
    anna.send('hi')
    assert.deepEqual(
      (await anna.messages(1)).map(text => JSON.parse(String(text))),
      [{ from: 'anna', text: 'hi' }],
    )
    const job = containerOf(one('Job', 'say-hello'))
    const [, ...words] = job.command ?? []
    const { controlPort } = (await gateway.call('GET', '/status')).body
    const url = words.indexOf('http://websocket-control:10126')
    words[url] = `http://127.0.0.1:${controlPort}`
    const pushed = await cli(
      { cwd: temporaryFolder(t), env: environmentOf(job, join(folder, 'secrets')) },
      ...words,
    )
    assert.equal(pushed.out, 'pushed to 1 connection\n', pushed.err)
    assert.equal((await anna.messages(2))[1], 'hello')
  })

  await t.test('the commands of kubectl exec', async () => {
    const commands = shellLines(page).flatMap(line => /^kubectl exec .* -- (.*)$/.exec(line)?.[1] ?? [])
    assert.equal(commands.length, 2)
    for (const command of commands) await shell(gateway, command)
    assert.equal((await other.messages(1))[0], 'hello')
  })

  await t.test(
    'a new version of the ConfigMap is in use within a second, and nobody is dropped',
    async () => {
      const took = await quickest(1500, async n => {
        const changed = (listener.data?.['listener.ts'] ?? '').replace('text: data.message', `text: '${n}'`)
        const from = gateway.lines.length
        const swapped = performance.now()
        mount(join(folder, 'listener'), `t${2 + n}`, { 'listener.ts': changed })
        await gateway.line(line => line.event === 'listener.load', from)
        const ms = performance.now() - swapped
        const before = anna.got.length
        anna.send('?')
        assert.deepEqual(JSON.parse(String((await anna.messages(before + 1))[before])), {
          from: 'anna',
          text: `${n}`,
        })
        return ms
      })
      assert.ok(took < 1500, `${took} ms`)
    },
  )

  await t.test('one that stands still is not alive', async () => {
    gateway.child.kill('SIGSTOP')
    const look = spawn(process.execPath, [cliFile, ...liveness], {
      cwd: folder,
      env: cleanEnvironment(),
      stdio: 'ignore',
    })
    const ended = once(look, 'exit').then(([code]) => code)
    const first = await Promise.race([ended, wait(1500, 'no answer')])
    gateway.child.kill('SIGCONT')
    assert.equal(first, 'no answer')
    assert.equal(await ended, 0)
  })

  await t.test('one that is stopped by command is alive, and gets no clients', async () => {
    await gateway.call('POST', '/stop')
    assert.equal(await alive(gateway), 0)
    const from = gateway.lines.length
    await gateway.call('POST', '/start')
    await gateway.started(from)
    assert.equal(await ready(gateway), 200)
  })

  await t.test('SIGTERM: not ready before anybody is sent away, exit 0', async () => {
    const client = await user(t, gateway, '?room=cats')
    const order: string[] = []
    const closed = client.closed.then(({ code }) => order.push(`closed with ${code}`))
    gateway.child.kill('SIGTERM')
    await eventually('not ready', async () => (await ready(gateway)) === 503)
    order.push('not ready')
    await closed
    assert.deepEqual(order, ['not ready', 'closed with 1001'])
    assert.deepEqual(await gateway.exited, { code: 0, signal: null })
  })
})

test('with a listener that does not load nobody is sent there, and it is not started again for that', async t => {
  const gateway = await deployed(t, { 'listener.ts': 'export const onMessage = (' })
  assert.equal(await ready(gateway), 503)
  assert.equal(await alive(gateway), 0)
  mount(join(gateway.folder, 'listener'), 't2', listener.data ?? {})
  await eventually('ready', async () => (await ready(gateway)) === 200)
})

test('the secrets are as long as the gateway asks for', () => {
  const { 'control-token': token = '', 'jwt-secret': key = '', 'redis-url': redis = '' } = secret
  assert.ok(token.length >= 32 && key.length >= 32)
  assert.equal(new URL(redis).protocol, 'redis:')
})
