/** The programs of docs/push.md, as they stand there, run by the interpreters of Debian. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../support/client.ts'
import { cleanEnvironment, root, startGateway, temporaryFolder } from '../support/gateway.ts'
import { codeBlocks } from '../support/markdown.ts'
import { missing, unfit } from '../support/needs.ts'
import { freePort } from '../support/ports.ts'
import { unsteady } from '../support/unsteady.ts'
import { PHP, PYTHON, RUBY } from './applications.ts'

const page = readFileSync(join(root, 'docs/push.md'), 'utf8')

const TOKEN = 'the-token-of-this-test-alone'

interface Language {
  readonly file: string
  readonly program: string
  readonly skip: string | false
}

/** By the name of its code block. */
const languages: Readonly<Record<string, Language>> = {
  js: { file: 'push.mjs', program: process.execPath, skip: false },
  php: { file: 'push.php', program: PHP, skip: unfit(PHP, ['-r', 'curl_version();'], 'php-cli php-curl') },
  python: { file: 'push.py', program: PYTHON, skip: missing(PYTHON, 'python3') },
  ruby: { file: 'push.rb', program: RUBY, skip: missing(RUBY, 'ruby') },
  sh: { file: 'push.sh', program: '/bin/sh', skip: missing('/usr/bin/curl', 'curl') },
}

test('each language of docs/push.md has one program, and the page says which is not run', () => {
  const blocks = [...page.matchAll(/```(\w+)\n/g)].map(([, language]) => language)
  assert.deepEqual(blocks.sort(), [...Object.keys(languages), 'cfml'].sort())
  assert.match(page, /^All but the CFML are run by a test/m)
})

for (const [language, { file, program, skip }] of Object.entries(languages)) {
  test(`${language}: it pushes once though an answer is lost, over both ways, and tells why not`, {
    skip,
  }, async t => {
    const port = await freePort()
    const gateway = await startGateway(t, {
      env: { WS_CONTROL_PORT: `${port}`, WS_CONTROL_TOKEN: TOKEN },
      listener: { 'listener.mjs': "export const onClientHandshake = data => { data.user = 'anna' }" },
    })
    const client = await connect(t, gateway.url)
    // curl takes headers that end in their middle for an answer.
    const other = language === 'sh' ? 'lose the call' : 'half an answer'
    const { controlDir, keys } = await unsteady(t, gateway, ['lose the answer', 'pass on', other])
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/websocket-gateway'))
    const [code = ''] = codeBlocks(page, language)
    assert.ok(code.includes('/run/gateway'))
    writeFileSync(join(folder, file), code.replaceAll('/run/gateway', controlDir))
    const run = async (env: Record<string, string> = {}) => {
      const child = spawn(program, [file], { cwd: folder, env: cleanEnvironment(env) })
      let text = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', chunk => {
          text += chunk
        })
      }
      const [code] = await once(child, 'close')
      return { code, text }
    }

    const first = await run()
    assert.equal(first.code, 0, first.text)
    assert.equal(first.text.match(/recipients\W+1\b/g)?.length, 2, first.text)
    const [made, again, given, too] = keys()
    assert.match(String(made), /^[\w-]{32,36}$/)
    assert.deepEqual([again, given, too], [made, 'order-4711', 'order-4711'])
    assert.deepEqual(await client.messages(2), ['hello', '{"paid":42}'])

    // A new key for the first push, and the same one for the second, which has been pushed already.
    const overTcp = { GATEWAY_URL: `http://127.0.0.1:${port}`, WS_CONTROL_TOKEN: TOKEN }
    const second = await run(overTcp)
    assert.equal(second.code, 0, second.text)
    await client.messages(3)
    await client.settled()
    assert.deepEqual(client.got.slice(2), ['hello'])

    const stranger = await run({ ...overTcp, WS_CONTROL_TOKEN: 'some-other-token-than-that' })
    assert.notEqual(stranger.code, 0)
    assert.match(stranger.text, /token/)
    await gateway.call('POST', '/stop')
    const stopped = await run()
    assert.notEqual(stopped.code, 0)
    assert.match(stopped.text, /stopped/)
    assert.equal(keys().length, 5, 'a refusal is not tried again')
  })
}
