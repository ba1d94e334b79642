import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering, Stage } from './stage.ts'

for (const extension of ['ts', 'mts', 'js', 'mjs', 'cjs']) {
  for (const name of ['listener', 'index']) {
    test(`a folder's ${name}.${extension} is the listener`, async t => {
      const stage = new Stage(t)
      const text = 'exports.onMessage = data => { data.message = "here" }'
      stage.write({ [`${name}.${extension}`]: extension === 'cjs' ? text : answering('here') })
      await stage.host.start()
      assert.equal(stage.say('?'), 'here')
      assert.equal(stage.host.status.path, stage.at(`${name}.${extension}`))
      assert.equal(stage.host.status.generation, 1)
      const [line] = stage.events('listener.load')
      assert.deepEqual([line?.path, line?.generation, typeof line?.ms], [stage.host.status.path, 1, 'number'])
    })
  }
}

test('listener.ts comes before index.ts, and ts before js', async t => {
  const stage = new Stage(t)
  stage.write({
    'index.ts': answering('index'),
    'listener.js': answering('js'),
    'listener.ts': answering('ts'),
  })
  await stage.host.start()
  assert.equal(stage.say('?'), 'ts')
})

test('WS_LISTENER may name the file', async t => {
  const stage = new Stage(t, {}, 'rooms.ts')
  stage.write({ 'rooms.ts': answering('rooms'), 'listener.ts': answering('listener') })
  await stage.host.start()
  assert.equal(stage.say('?'), 'rooms')
})

test('types are stripped, and nothing but stripped', async t => {
  const stage = new Stage(t)
  stage.write({
    'tsconfig.json': '{ "compilerOptions": { "verbatimModuleSyntax": true, "target": "es3" } }',
    'package.json': '{ "sideEffects": false }',
    'types.ts': 'export interface Shape { x: number }',
    'side.ts': 'globalThis.listenerSide = "run"',
    'listener.ts': `import { Listener, Gateway } from 'websocket-gateway'
import { Shape } from './types.ts'
import './side.ts'
enum Color { Red = 'red' }
const wrong: number = 'not a number'
export const onMessage: Listener['onMessage'] = (data, gateway: Gateway) => {
  const shape = { x: 1 } satisfies Shape
  data.message = [Color.Red, shape.x, wrong, (globalThis as any).listenerSide].join()
}`,
  })
  await stage.host.start()
  assert.equal(stage.say('?'), 'red,1,not a number,run')
})

test('websocket-gateway and its client are answered by the gateway', async t => {
  const modules = {
    'websocket-gateway': { version: '1.2' },
    'websocket-gateway/client': { sendGatewayMessage: () => 'sent' },
  }
  const stage = new Stage(t, { modules })
  stage.write({
    'listener.ts': `import * as all from 'websocket-gateway'
import { sendGatewayMessage } from 'websocket-gateway/client'
export const onMessage = async (data: any) => {
  const again = await import('websocket-gateway')
  data.message = [all.version, again.version, require('websocket-gateway').version, sendGatewayMessage()].join()
}`,
  })
  await stage.host.start()
  assert.equal(await stage.sayAndWait('?'), '1.2,1.2,1.2,sent')
})

test('files know their own place', async t => {
  const stage = new Stage(t)
  stage.write({
    'own/place.mjs':
      'export const place = [import.meta.url, import.meta.dirname, import.meta.filename, import.meta.resolve("./data.json")]',
    'own/data.json': '{ "n": 7 }',
    'own/old.cjs':
      '#!/usr/bin/env node\n"use strict"\nmodule.exports = [__dirname, __filename, this === undefined]',
    'listener.ts': `#!/usr/bin/env node
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import data from './own/data.json'
import old from './own/old.cjs'
import { place } from './own/place.mjs'
const __dirname = dirname(fileURLToPath(import.meta.url))
export const onMessage = async d => {
  const name = './own/data.json'
  const computed = await import(name, { with: { type: 'json' } })
  d.message = JSON.stringify([place, old, __dirname, data.n, computed.default.n])
}`,
  })
  await stage.host.start()
  const own = stage.at('own')
  assert.deepEqual(JSON.parse(String(await stage.sayAndWait('?'))), [
    [`file://${own}/place.mjs`, own, `${own}/place.mjs`, `file://${own}/data.json`],
    [own, `${own}/old.cjs`, false],
    stage.folder,
    7,
    7,
  ])
})
