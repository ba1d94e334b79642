/** Docker's own view of the gateway's health. */
import assert from 'node:assert/strict'
import { suite } from 'node:test'
import { writeFiles } from '../support/gateway.ts'
import { docker, dockerTest, inspect, mountable, spawnContainer, startContainer, until } from './engine.ts'

/** Quicker than the image's own, which looks every ten seconds. */
const QUICK = ['--health-interval', '1s', '--health-retries', '2', '--health-start-period', '0s']

suite('health', { concurrency: true }, () => {
  dockerTest(
    'a gateway whose process stands still is unhealthy, and healthy again when it goes on',
    async t => {
      const container = await startContainer(t, { words: QUICK })
      await until('healthy', async () => (await container.health()) === 'healthy')
      await docker('kill', '-s', 'STOP', container.name)
      await until('unhealthy', async () => (await container.health()) === 'unhealthy')
      await docker('kill', '-s', 'CONT', container.name)
      await until('healthy again', async () => (await container.health()) === 'healthy')
    },
  )

  dockerTest('a listener in an endless loop is unhealthy, and the check itself says so', async t => {
    const folder = mountable(t)
    writeFiles(folder, {
      'listener.js': 'export function onMessage(data) { while (data.message === "loop") continue }',
    })
    const container = await startContainer(t, { words: [...QUICK, '-v', `${folder}:/app/listener`] })
    await until('healthy', async () => (await container.health()) === 'healthy')
    const client = await container.client(t)
    client.send('loop')
    await until('unhealthy', async () => (await container.health()) === 'unhealthy')
    // 1 is the check's own word; -1 would be Docker's, which ends a check that takes longer than it may.
    const { Log } = (await inspect(container.name)).State.Health
    assert.ok(Log.some((check: { ExitCode: number }) => check.ExitCode === 1))
  })

  dockerTest('a listener that does not load is unhealthy until it does', async t => {
    const folder = mountable(t)
    writeFiles(folder, { 'listener.js': 'export const = nonsense' })
    const container = await spawnContainer(t, { words: [...QUICK, '-v', `${folder}:/app/listener`] })
    await until('unhealthy', async () => (await container.health()) === 'unhealthy')
    writeFiles(folder, { 'listener.js': 'export const onMessage = () => {}' })
    await until('healthy', async () => (await container.health()) === 'healthy')
  })

  dockerTest('a gateway that was told to stop is healthy', async t => {
    const container = await startContainer(t, { words: QUICK })
    await container.gateway('stop')
    const stopped = Date.now()
    await until('two more checks', async () => {
      const checks: { Start: string }[] = (await inspect(container.name)).State.Health.Log ?? []
      return checks.filter(check => Date.parse(check.Start) > stopped).length >= 2
    })
    // Asked again, since a check of a busy machine may take longer than it may.
    await until('healthy', async () => (await container.health()) === 'healthy')
  })
})
