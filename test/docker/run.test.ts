/** `docker run`, and what one does with the container. */
import assert from 'node:assert/strict'
import { chownSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'node:test'
import { root } from '../support/gateway.ts'
import { quickest } from '../support/quickest.ts'
import {
  Container,
  docker,
  dockerTest,
  image,
  mountable,
  must,
  run,
  spawnContainer,
  startContainer,
  unique,
  until,
  volume,
} from './engine.ts'
import { IMAGE, readmeCommand } from './readme.ts'

/** The words that take away everything from a container that the gateway does not need. */
const HARDENED = [
  '--read-only',
  '--cap-drop',
  'ALL',
  '--security-opt',
  'no-new-privileges',
  '--tmpfs',
  '/tmp',
]

/** The README's `docker run`, its port on 127.0.0.1 and free. */
const readmeRun = readmeCommand('docker run -p', { '10125:10125': '127.0.0.1::10125' })

const upper = (end: string): string => `
  import type { Listener } from 'websocket-gateway'
  export const onMessage: Listener['onMessage'] = data => { data.message = String(data.message).toUpperCase() + '${end}' }
`

suite('docker run', () => {
  for (const [how, words] of [
    ['as the README has it', readmeRun.slice(2, -1)],
    [
      'read-only and without capabilities',
      ['-e', 'WS_PORT=10125', '-v', './listener:/app/listener', ...HARDENED],
    ],
  ] as const) {
    dockerTest(`${how}: the mounted listener, an edit of it, push, the log`, async t => {
      const cwd = mountable(t)
      cpSync(join(root, 'listener'), join(cwd, 'listener'), { recursive: true })
      const container = await startContainer(t, { cwd, words })
      const [anna, ben] = [await container.client(t, '/a'), await container.client(t, '/b')]
      anna.send('hello')
      assert.deepEqual(await anna.messages(1), ['hello'])
      assert.deepEqual(await ben.messages(1), ['hello'])

      const took = await quickest(1500, async n => {
        writeFileSync(join(cwd, 'listener', 'listener.ts'), upper('!'.repeat(n)))
        const saved = Date.now()
        return until('the edited listener', async () => {
          ben.send('hello')
          await ben.settled()
          return ben.got.includes(`HELLO${'!'.repeat(n)}`) && Date.now() - saved
        })
      })
      assert.ok(took < 1500, `in use after ${took} ms`)
      assert.ok(anna.ws.readyState === anna.ws.OPEN)

      assert.match(await container.gateway('push', 'from the application'), /2/)
      await until('the push', async () =>
        ben.got.some(text => String(text).startsWith('FROM THE APPLICATION')),
      )
      // Lines wait for some milliseconds before they are written, and Docker's log has its own way to go.
      for (const log of [
        async () => (await container.exec('cat', 'logs/WebSocket.log')).out,
        () => container.logs(),
      ]) {
        await until('the line of the push', async () => /"event":"push"/.test(await log()))
      }
    })
  }

  dockerTest("the README's transcript", async t => {
    const cwd = mountable(t)
    mkdirSync(join(cwd, 'listener'))
    const name = unique('readme')
    const [program = '', ...words] = readmeCommand('docker run -d', {
      gateway: name,
      '10125:10125': '127.0.0.1::10125',
      [IMAGE]: await image(),
    })
    t.after(() => docker('rm', '-f', '-v', name))
    await must(program, words, { cwd })
    const container = await new Container(name).listening()
    const clients = await Promise.all([1, 2, 3].map(() => container.client(t, '/chat')))
    const [command = '', exec = '', , ...push] = readmeCommand('docker exec gateway')
    assert.equal(await must(command, [exec, name, ...push]), 'pushed to 3 connections')
    for (const client of clients) assert.deepEqual(await client.messages(1), ['hello, everybody'])
    // What browsers get is in the image as well.
    for (const [path, holds] of [
      ['/', '<h1>WebSocket gateway</h1>'],
      ['/client.js', 'export{'],
    ]) {
      const answer = await fetch(`http://127.0.0.1:${container.port}${path}`)
      assert.ok(answer.ok && (await answer.text()).includes(String(holds)), path)
    }
  })

  dockerTest(
    'docker exec NAME gateway: status, list, connections, logs, a stream of pushes, restart',
    async t => {
      const container = await startContainer(t)
      const client = await container.client(t, '/one')
      assert.match(await container.gateway('status'), /running/)
      const status = JSON.parse(await container.gateway('status', '--json'))
      assert.deepEqual([status.id, status.state, status.port], ['websocket', 'running', 10125])
      assert.match(await container.gateway('list'), /websocket.*running/)
      assert.match(await container.gateway('connections'), /\/one/)
      assert.match(await container.gateway('logs'), /listens on port 10125/)
      assert.match(await container.gateway('config'), /WS_PORT/)
      const streamed = await run('docker', ['exec', '-i', container.name, 'gateway', 'push', '-'], {
        input: 'first\nsecond\nthird\n',
      })
      assert.equal(streamed.code, 0, streamed.err)
      assert.deepEqual(await client.messages(3), ['first', 'second', 'third'])
      await container.gateway('restart')
      assert.equal((await client.closed).code, 1012)
      assert.ok(await container.client(t))
      await container.gateway('stop')
      assert.equal((await container.exec('gateway', 'push', 'x')).code, 1)
      assert.match(await container.gateway('status'), /stopped/)
      assert.ok(await container.isRunning())
      await container.gateway('start')
      assert.ok(await container.client(t))
      assert.equal((await container.exec('gateway', 'status', '--id', 'other')).code, 3)
    },
  )

  dockerTest('docker exec works at once after docker run', async t => {
    const container = await spawnContainer(t)
    const pushed = await container.exec('gateway', 'push', 'nobody is here yet')
    assert.equal(pushed.code, 0, pushed.err)
  })

  dockerTest(
    'docker stop: 1001 for each client, also for one that does not answer, exit 0, within three seconds',
    async t => {
      const took = await quickest(3000, async () => {
        const container = await startContainer(t)
        const [client, mute] = [await container.client(t), await container.client(t)]
        mute.ws.pause()
        const begun = Date.now()
        await docker('stop', container.name)
        const took = Date.now() - begun
        assert.equal(await container.ended(), 0)
        assert.equal((await client.closed).code, 1001)
        return took
      })
      t.diagnostic(`docker stop took ${took} ms`)
      assert.ok(took < 3000, `${took} ms`)
    },
  )

  dockerTest('PID 1: SIGINT ends it with 0, and SIGHUP reopens the log', async t => {
    const container = await startContainer(t)
    await container.exec('mv', 'logs/WebSocket.log', 'logs/WebSocket.log.1')
    await docker('kill', '-s', 'HUP', container.name)
    await until('a new log', async () => {
      await container.gateway('push', 'x')
      return /"push"/.test((await container.exec('cat', 'logs/WebSocket.log')).out)
    })
    const client = await container.client(t)
    await docker('kill', '-s', 'INT', container.name)
    assert.equal((await client.closed).code, 1001)
    assert.equal(await container.ended(), 0)
  })

  dockerTest('a bad environment: exit 78, and each fault in its own line', async t => {
    const words = ['-e', 'WS_PORT=tcp://10.0.0.1:80', '-e', 'WS_STARTUP_MODE=later']
    const container = await spawnContainer(t, { words })
    assert.equal(await container.ended(), 78)
    const text = await container.logs()
    assert.match(text, /^gateway: .*WS_PORT.*enableServiceLinks/m)
    assert.match(text, /^gateway: .*WS_STARTUP_MODE/m)
  })
})

suite('volumes', () => {
  dockerTest('the log is in the mounted folder of the host', async t => {
    const folder = mountable(t)
    const logs = join(folder, 'logs')
    mkdirSync(logs)
    if (process.getuid?.() === 0) chownSync(logs, 1000, 1000)
    const container = await startContainer(t, { words: ['-v', `${logs}:/app/logs`] })
    const client = await container.client(t)
    await client.close()
    await docker('stop', container.name)
    const lines = readFileSync(join(logs, 'WebSocket.log'), 'utf8').trim().split('\n')
    const events = lines.map(line => JSON.parse(line).event)
    for (const event of ['listener.load', 'gateway.start', 'client.open', 'client.close', 'gateway.stop']) {
      assert.ok(events.includes(event), `no ${event} in ${events}`)
    }
  })

  dockerTest(
    'after docker kill the socket file that is left stops nobody: not docker start, not a new container',
    async t => {
      const control = await volume(t)
      const container = await startContainer(t, { words: ['-v', `${control}:/app/run`] })
      await docker('kill', container.name)
      await docker('start', container.name)
      await container.listening()
      assert.match(await container.gateway('status'), /running/)
      await docker('kill', container.name)
      const next = await startContainer(t, { words: ['-v', `${control}:/app/run`] })
      assert.match(await next.gateway('status'), /running/)
    },
  )

  dockerTest(
    'two gateways on the same volumes: each has its socket, both write to one log; an id is never taken',
    async t => {
      const [control, logs] = [await volume(t), await volume(t)]
      const words = ['-v', `${control}:/app/run`, '-v', `${logs}:/app/logs`]
      const one = await startContainer(t, { words: [...words, '-e', 'WS_GATEWAY_ID=one'] })
      const two = await startContainer(t, { words: [...words, '-e', 'WS_GATEWAY_ID=two'] })
      const list = await one.gateway('list')
      assert.match(list, /one.*running/)
      assert.match(list, /two.*running/)
      const client = await two.client(t)
      await one.gateway('push', '--id', 'two', 'from the other container')
      assert.deepEqual(await client.messages(1), ['from the other container'])
      const again = await spawnContainer(t, { words: [...words, '-e', 'WS_GATEWAY_ID=one'] })
      assert.equal(await again.ended(), 1)
      assert.match(await again.logs(), /another gateway holds the control socket/)
      assert.match(await one.gateway('status'), /running/)
      const { out } = await two.exec('cat', 'logs/WebSocket.log')
      const writers = new Set(
        out
          .trim()
          .split('\n')
          .map(line => JSON.parse(line).gateway),
      )
      assert.deepEqual([...writers].sort(), ['one', 'two'])
    },
  )

  dockerTest(
    'a folder that cannot be written: without the log it runs, without the control socket it ends with 1',
    async t => {
      const folder = mountable(t)
      for (const name of ['logs', 'run']) mkdirSync(join(folder, name), { mode: 0o555 })
      const silent = await startContainer(t, { words: ['-v', `${folder}/logs:/app/logs`] })
      assert.match(await silent.logs(), /WebSocket\.log/)
      const deaf = await spawnContainer(t, { words: ['-v', `${folder}/run:/app/run`] })
      assert.equal(await deaf.ended(), 1)
      assert.match(await deaf.logs(), /^gateway: the control folder .* cannot be written/m)
    },
  )
})
