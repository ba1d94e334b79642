/** docker-compose.yml, with each Compose that is here: the plugin (v2) and docker-compose (1.29). */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { connect } from '../support/client.ts'
import { root } from '../support/gateway.ts'
import { codeBlocks } from '../support/markdown.ts'
import { composers, noCompose } from './composers.ts'
import { docker, image, inspect, LABEL, mountable, must, run, unique, until } from './engine.ts'
import { readmeCommand } from './readme.ts'

suite('compose', () => {
  test('a Compose is here', { skip: noCompose }, () => assert.notEqual(composers.length, 0))

  for (const [program = '', ...words] of composers) {
    test(`${[program, ...words].join(' ')} up: the samples push, the other user too, and all survives a restart`, {
      skip: noCompose,
    }, async t => {
      const project = unique('compose')
      // Compose's way to say: any free port of this address.
      const env = { GATEWAY_PORT: '127.0.0.1:', COMPOSE_PROJECT_NAME: project }
      const compose = (...more: string[]) => must(program, [...words, ...more], { env })
      t.after(() => compose('down', '--volumes', '--rmi', 'local', '--timeout', '3'))
      await compose(...readmeCommand('docker compose up').slice(2), '--detach', '--build')
      const containerOf = (service: string) => compose('ps', '-q', service)

      const client = async () => {
        const url = `ws://${await compose('port', 'gateway', '10125')}`
        return until('a connection', () => connect(t, url).catch(() => false as const))
      }
      const first = await client()
      await first.messages(5, 20_000)
      const times = first.got.filter(text => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(String(text)))
      const [one, two] = times.map(text => Date.parse(String(text)))
      const apart = Number(two) - Number(one)
      assert.ok(apart > 1500 && apart < 15_000, `${apart} ms between two times: ${first.got}`)
      assert.ok(first.got.includes('{"online":1}'), `nothing of the other user's: ${first.got}`)

      assert.equal((await inspect(await containerOf('online'))).Config.User, '33:33')
      assert.match(await docker('logs', await containerOf('online')), /^user 33: told 1/m)
      const network = ['--rm', '--label', LABEL, '-e', 'WS_CONTROL_DIR=/run/gateway', '--user', '33:33']
      const push = [`${project}_run:/run/gateway`, await image(), 'gateway', 'push', 'from 33']
      const refused = await run('docker', ['run', ...network, '-v', ...push])
      assert.equal(refused.code, 1, refused.out + refused.err)
      assert.match(refused.err, /permission/)
      assert.equal((await run('docker', ['run', ...network, '--group-add', '1000', '-v', ...push])).code, 0)
      assert.ok(first.got.includes('from 33'))

      await compose('restart', '--timeout', '5', 'gateway')
      assert.equal((await first.closed).code, 1001)
      const second = await client()
      await second.messages(2)
      assert.match(await docker('logs', await containerOf('gateway')), /"signal":"SIGTERM"/)
    })

    test(`${[program, ...words].join(' ')} up: the README's lines for a Compose file of one's own`, {
      skip: noCompose,
    }, async t => {
      const [yaml = ''] = codeBlocks(readFileSync(join(root, 'README.md'), 'utf8'), 'yaml')
      const cwd = mountable(t)
      mkdirSync(join(cwd, 'listener'))
      // An application in the gateway's image, of another user, that pushes until somebody gets it.
      const push = 'until gateway push hello | grep -q 1; do sleep 0.2; done'
      const application = [
        `    image: ${await image()}`,
        '    user: "33:33"',
        '    environment: { WS_CONTROL_DIR: /run/gateway }',
        `    command: ["sh", "-c", "${push}"]`,
      ].join('\n')
      const changes = [
        ['image: websocket-gateway', `image: ${await image()}`],
        ['"10125:10125"', '"127.0.0.1::10125"'],
        [/^ {2}app:.*$/m, `  app:\n${application}`],
      ] as const
      const file = changes.reduce((text, [from, to]) => {
        assert.notEqual(text.search(from), -1, String(from))
        return text.replace(from, to)
      }, yaml)
      writeFileSync(join(cwd, 'docker-compose.yml'), file)
      const env = { COMPOSE_PROJECT_NAME: unique('compose-own') }
      const compose = (...more: string[]) => must(program, [...words, ...more], { cwd, env })
      try {
        await compose('up', '--detach')
        const url = `ws://${await compose('port', 'gateway', '10125')}`
        const client = await until('a connection', () => connect(t, url).catch(() => false as const))
        assert.deepEqual(await client.messages(1, 20_000), ['hello'])
      } finally {
        // Before the folder goes, where its file is.
        await compose('down', '--volumes', '--timeout', '3')
      }
    })
  }
})
