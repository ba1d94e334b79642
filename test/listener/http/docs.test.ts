/** What the README and docs/http-listener.md show is what the gateway does. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { readConfig } from '../../../src/config.ts'
import { connect } from '../../support/client.ts'
import { cleanEnvironment, root, startGateway, temporaryFolder } from '../../support/gateway.ts'
import { codeBlocks } from '../../support/markdown.ts'
import { missing } from '../../support/needs.ts'
import { freePort, listening } from '../../support/ports.ts'

const page = readFileSync(join(root, 'docs', 'http-listener.md'), 'utf8')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const schema = JSON.parse(readFileSync(join(root, 'docs', 'http-listener.schema.json'), 'utf8'))

test('the request and the answer of the page are those of the schema', () => {
  const ajv = new Ajv2020().addSchema(schema, 'listener')
  const [request = '', answer = ''] = codeBlocks(page, 'json')
  for (const [text, name] of [
    [request, 'request-message'],
    [answer, 'answer-message'],
  ] as const) {
    const valid = ajv.compile({ $ref: `listener#/$defs/${name}` })
    assert.ok(valid(JSON.parse(text)), JSON.stringify(valid.errors))
  }
})

test('the table of keys is that of the schema, event by event', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([a-z, -]+) \| /gm)]
  const documented = new Map<string, string[]>()
  for (const [, key = '', events = ''] of rows) {
    for (const event of events.split(', '))
      documented.set(event, [...(documented.get(event) ?? []), key].sort())
  }
  for (const event of ['handshake', 'open', 'message', 'close', 'push', 'group-join', 'group-leave']) {
    const keys = Object.keys(schema.$defs[`answer-${event}`].properties).sort()
    assert.deepEqual(documented.get(event), keys, event)
  }
})

test('the settings of the page are taken', t => {
  const [lines = ''] = codeBlocks(page, 'sh')
  const env = Object.fromEntries(
    lines
      .trim()
      .split('\n')
      .map(line =>
        line
          .replace(/\s+#.*/, '')
          .split(/=(.*)/)
          .slice(0, 2),
      ),
  )
  assert.deepEqual(Object.keys(env), ['WS_LISTENER', 'WS_LISTENER_SECRET'])
  const { warnings } = readConfig({ ...env, WS_ALLOWED_ORIGINS: '*' }, temporaryFolder(t))
  assert.deepEqual(warnings, [])
})

test("the README's chat in PHP", { skip: missing('/usr/bin/php', 'php-cli') }, async t => {
  const [code = ''] = codeBlocks(readme, 'php')
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'websocket.php'), code)
  const port = await freePort()
  const secret = 'a secret for the chat in the README'
  const php = spawn('php', ['-S', `127.0.0.1:${port}`, '-t', folder], {
    env: cleanEnvironment({ WS_LISTENER_SECRET: secret }),
    stdio: 'ignore',
  })
  t.after(() => php.kill('SIGKILL'))
  await listening(port)
  const url = `http://127.0.0.1:${port}/websocket.php`
  const gateway = await startGateway(t, { env: { WS_LISTENER: url, WS_LISTENER_SECRET: secret } })
  const anna = await connect(t, `${gateway.url}/?name=Anna`)
  const ben = await connect(t, gateway.url)
  await anna.messages(1)
  await ben.messages(1)
  anna.send('hi')
  assert.deepEqual(await ben.messages(2), ['welcome', 'Anna: hi'])
  await gateway.push({ message: 'pushed' })
  assert.deepEqual(await anna.messages(2), ['welcome', 'pushed'])
  assert.equal((await fetch(url, { method: 'POST', body: '{}' })).status, 401)
})
