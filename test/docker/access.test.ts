/** Access, limits and faults, in real containers. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'node:test'
import { writeFiles } from '../support/gateway.ts'
import {
  docker,
  dockerTest,
  image,
  inspect,
  LABEL,
  mountable,
  must,
  startContainer,
  unique,
  until,
} from './engine.ts'

const TOKEN = 'a-control-token-of-good-length'

suite('access and faults', { concurrency: true }, () => {
  dockerTest('an application in another container pushes over TCP, with the token from a secret', async t => {
    const network = unique('net')
    await docker('network', 'create', '--label', LABEL, network)
    const folder = mountable(t)
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`)
    const control = [
      'WS_CONTROL_PORT=10126',
      'WS_CONTROL_HOST=0.0.0.0',
      'WS_CONTROL_TOKEN_FILE=/secrets/token',
    ]
    const container = await startContainer(t, {
      words: ['--network', network, '-v', `${folder}:/secrets:ro`, ...control.flatMap(v => ['-e', v])],
    })
    t.after(async () => {
      await docker('rm', '-f', container.name)
      await docker('network', 'rm', network)
    })
    const client = await container.client(t)
    const application = (...words: string[]) =>
      must('docker', [
        ...['run', '--rm', '--label', LABEL, '--network', network, '-e', `WS_CONTROL_TOKEN=${TOKEN}`],
        ...words,
      ])
    const id = await image()
    const url = `http://${container.name}:10126`
    assert.match(
      await application(id, 'gateway', 'push', 'from afar', '--url', url),
      /pushed to 1 connection/,
    )
    assert.deepEqual(await client.messages(1), ['from afar'])
    const own = await container.gateway('config')
    assert.ok(!own.includes(TOKEN))
  })

  dockerTest(
    'a stuck listener ends the container with 70, and the restart policy brings it back',
    async t => {
      const folder = mountable(t)
      writeFiles(folder, {
        'listener.js': 'export function onMessage(data) { while (data.message === "loop") continue }',
      })
      const container = await startContainer(t, {
        words: [
          '-e',
          'WS_LISTENER_STUCK_MS=4000',
          '--restart',
          'on-failure',
          '-v',
          `${folder}:/app/listener`,
        ],
      })
      const client = await container.client(t)
      client.send('loop')
      assert.equal((await client.closed).code, 1006)
      await until('the restart', async () => (await inspect(container.name)).RestartCount === 1)
      assert.match(await container.logs(), /stuck for \d+ ms, in \/app\/listener\/listener\.js:1:\d+/)
      // On another port of the host, as Docker has it.
      const again = await (await container.listening()).client(t)
      again.send('hello')
      assert.deepEqual(await again.messages(1), ['hello'])
    },
  )

  dockerTest(
    'a listener that is stuck in native code ends the container as well, though it is PID 1',
    async t => {
      const folder = mountable(t)
      writeFiles(folder, {
        'listener.mjs': `import { execSync } from 'node:child_process'
        export const onMessage = () => { execSync('sleep 60') }`,
      })
      const container = await startContainer(t, {
        words: ['-e', 'WS_LISTENER_STUCK_MS=1500', '-v', `${folder}:/app/listener`],
      })
      const client = await container.client(t)
      client.send('stick')
      // Docker's 128 and the signal: of a breakpoint, since SIGKILL from within does not reach PID 1.
      assert.equal(await container.ended(), 133)
      assert.match(await container.logs(), /in code that is not JavaScript/)
    },
  )

  dockerTest('SIGTERM with a drain: docker stop is 0 and within its grace', async t => {
    const container = await startContainer(t, { words: ['-e', 'WS_DRAIN_MS=1500'] })
    const clients = await Promise.all([1, 2, 3, 4].map(() => container.client(t)))
    await docker('stop', container.name)
    for (const client of clients) assert.equal((await client.closed).code, 1001)
    assert.equal((await inspect(container.name)).State.ExitCode, 0)
  })
})
