/** What is in the image, and what Docker is told of it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'node:test'
import { root } from '../support/gateway.ts'
import { BASE, docker, dockerTest, image, inspect, LABEL } from './engine.ts'

/** What the README promises. */
const MAX_MB_OVER_BASE = 60

/** Runs a shell line in the image. */
async function shell(line: string, ...words: string[]): Promise<string> {
  return docker('run', '--rm', '--label', LABEL, ...words, await image(), 'sh', '-c', line)
}

suite('the image', () => {
  dockerTest('docker build, and what it tells Docker', async () => {
    const { Config } = await inspect(await image())
    assert.equal(Config.User, 'node')
    assert.equal(Config.WorkingDir, '/app')
    assert.deepEqual(Config.Cmd, ['node', 'dist/main.js'])
    assert.equal(Config.Entrypoint, null)
    assert.equal(Config.StopSignal, 'SIGTERM')
    assert.deepEqual(Object.keys(Config.ExposedPorts), ['10125/tcp'])
    assert.deepEqual(Object.keys(Config.Volumes).sort(), ['/app/logs', '/app/run'])
    assert.deepEqual(Config.Healthcheck.Test, ['CMD', '/app/healthcheck/healthcheck'])
    const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    assert.equal(Config.Labels['org.opencontainers.image.version'], own.version)
    assert.equal(Config.Labels['org.opencontainers.image.description'], own.description)
    assert.equal(Config.Labels['org.opencontainers.image.title'], own.name)
    assert.equal(Config.Labels['org.opencontainers.image.licenses'], own.license)
  })

  dockerTest(`at most ${MAX_MB_OVER_BASE} MB over its base`, async t => {
    const over = ((await inspect(await image())).Size - (await inspect(BASE)).Size) / 1e6
    t.diagnostic(`the image has ${over.toFixed(1)} MB over ${BASE}`)
    assert.ok(over < MAX_MB_OVER_BASE, `${over} MB`)
  })

  dockerTest('only what it needs to run, and nothing of it can be changed by the gateway', async () => {
    assert.equal(await shell('id -un'), 'node')
    assert.equal(
      await shell('ls /app'),
      'LICENSE\ndist\nhealthcheck\nlistener\nlogs\nnode_modules\npackage.json\nrun',
    )
    const packages = (await shell('ls node_modules')).split('\n')
    assert.ok(packages.includes('ws'))
    for (const tool of ['typescript', 'tsx', 'playwright-core', '@biomejs', '@types']) {
      assert.ok(!packages.includes(tool), `${tool} is in the image`)
    }
    assert.equal(await shell('find /app /usr/local -writable ! -type l'), '/app/logs\n/app/run')
    assert.equal(
      await shell('ls -A /root', '--user', 'root'),
      await docker('run', '--rm', BASE, 'ls', '-A', '/root'),
    )
    assert.equal(await shell('command -v gateway'), '/usr/local/bin/gateway')
    assert.match(await shell('gateway --help'), /push/)
  })
})
