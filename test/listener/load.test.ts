import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering, closeOf, names, openOf, Stage } from './stage.ts'

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

const shapes: Record<string, [file: string, text: string]> = {
  'named exports': ['listener.ts', 'export function onMessage(data: any) { data.message = "yes" }'],
  'a default object': [
    'listener.ts',
    'export default { text: "yes", onMessage(data: any) { data.message = this.text } }',
  ],
  'a class instance': [
    'listener.ts',
    'class L { #text = "yes"; onMessage(data: any) { data.message = this.#text } }\nexport default new L()',
  ],
  'an inherited method': [
    'listener.ts',
    'class A { onMessage(data: any) { data.message = "yes" } }\nclass B extends A {}\nexport default new B()',
  ],
  'module.exports': ['listener.cjs', 'module.exports = { onMessage(data) { data.message = "yes" } }'],
  'module.exports of an instance': [
    'listener.cjs',
    'module.exports = new class { constructor() { this.text = "yes" } onMessage(data) { data.message = this.text } }',
  ],
  'CommonJS in a .js file': ['listener.js', 'exports.onMessage = function (data) { data.message = "yes" }'],
  'CommonJS that was compiled from ES': [
    'listener.js',
    'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { onMessage(d) { d.message = "yes" } }',
  ],
  'named and default exports together': [
    'listener.ts',
    'export const onMessage = (data: any) => { data.message = "yes" }\nexport default { onClientOpen() {} }',
  ],
  'further exports': [
    'listener.ts',
    `${answering('yes')}export default function other() {}\nexport const x = 1`,
  ],
}
for (const [shape, [file, text]] of Object.entries(shapes)) {
  test(`hooks as ${shape}`, async t => {
    const stage = new Stage(t)
    stage.write({ [file]: text })
    await stage.host.start()
    assert.equal(stage.say('?'), 'yes')
    assert.equal(stage.host.status.error, null)
  })
}

const refused: Record<string, [text: string, message: RegExp]> = {
  'a class instead of an instance': ['export default class Rooms {}', /class Rooms.*export `new Rooms\(\)`/],
  'a function as the default': ['export default () => {}', /default export is a function/],
  'a promise as the default': ['export default Promise.resolve({})', /exports a promise/],
  'a hook that is no function': ['export const onMessage = 1', /onMessage is of type number/],
  'a hook of the default that is no function': ['export default { onLoad: "x" }', /onLoad is of type string/],
  'a syntax error': ['export const a = 1\nexport const b = (', /listener\.ts:2:19: Unexpected end of file/],
  'an import that leads nowhere': ['import "./gone.ts"\nexport {}', /listener\.ts:1:8: Could not resolve/],
  'a name that a file does not export': [
    'import { no } from "./own.ts"\nconsole.log(no)',
    /listener\.ts:1:10: No matching export/,
  ],
  'a throw while it is evaluated': [
    '\n\nconst o: any = null\nexport const a = o.b',
    /TypeError: Cannot read.*listener\.ts:4:20\)/,
  ],
  'top-level await': [
    'export const a = 1\nexport const b = await a',
    /listener\.ts:2:18: top-level await .*await inside `export async function onLoad/,
  ],
  'top-level await in a file that it imports': ['import "./wait.ts"', /wait\.ts:1:1: top-level await/],
  'an empty file': ['', /listener\.ts is empty/],
  'a blank file': [' \n\n', /listener\.ts is empty/],
}
for (const [what, [text, message]] of Object.entries(refused)) {
  test(`refused with a clear message: ${what}`, async t => {
    const stage = new Stage(t)
    stage.write({ 'listener.ts': text, 'own.ts': 'export const yes = 1', 'wait.ts': 'await 1' })
    assert.match(await stage.startFault(), message)
    assert.equal(stage.host.ready, false)
    await assert.rejects(stage.host.reload(), { name: 'ListenerLoadError', message })
  })
}

test('module.exports of a class is refused', async t => {
  const stage = new Stage(t)
  stage.write({ 'listener.cjs': 'module.exports = class Rooms {}' })
  assert.match(await stage.startFault(), /module\.exports is the class Rooms/)
})

test('names given by WS_LISTENER_ON_… must be there', async t => {
  const stage = new Stage(t, { names: { ...names(), open: { name: 'enter', required: true } } })
  stage.write({ 'listener.ts': answering('x') })
  assert.match(await stage.startFault(), /no function enter, which WS_LISTENER_ON_OPEN asks for/)
  stage.write({ 'listener.ts': 'export const enter = (data: any) => { data.message = "in" }' })
  await stage.host.reload()
  const data = openOf('1')
  assert.equal(stage.host.open(data), undefined)
  assert.equal(data.message, 'in')
})

test('a listener without a hook is warned of, and open and close do nothing', async t => {
  const stage = new Stage(t)
  stage.write({ 'listener.ts': 'export const onMesage = () => {}' })
  await stage.host.start()
  assert.equal(stage.host.ready, true)
  assert.equal(stage.host.open(openOf('1')), undefined)
  assert.equal(stage.host.close(closeOf('1')), undefined)
  assert.ok(stage.lines.some(line => line.level === 'warn' && /none of the functions/.test(line.message)))
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

const packages = {
  'node_modules/esm/package.json': '{ "type": "module", "exports": { "import": "./main.js" } }',
  'node_modules/esm/main.js': 'export default function esm() { return "esm" }\nexport const named = "named"',
  'node_modules/plain/package.json': '{ "type": "module", "exports": "./main.js" }',
  'node_modules/plain/main.js': 'export const only = "only"',
  'node_modules/old/index.js': 'module.exports = { old: "old" }',
  'node_modules/both/package.json':
    '{ "exports": { "module": "./no.js", "import": "./import.mjs", "require": "./require.cjs" } }',
  'node_modules/both/import.mjs': 'export const kind = "import"',
  'node_modules/both/require.cjs': 'exports.kind = "require"',
  'node_modules/babel/index.js':
    'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = "inner"; exports.x = "x"',
  'node_modules/late/package.json': '{ "type": "module", "exports": "./main.js" }',
  'node_modules/late/main.js': 'export const late = await Promise.resolve("late")',
}

for (const file of ['listener.ts', 'listener.mts', 'listener.js', 'listener.mjs']) {
  test(`${file} imports packages of ES modules and of CommonJS`, async t => {
    const stage = new Stage(t)
    stage.write(packages)
    stage.write({
      [file]: `import esm, { named } from 'esm'
import * as all from 'esm'
import { only } from 'plain'
import old, { old as oldName } from 'old'
import { kind } from 'both'
import { x } from 'babel'
import { basename } from 'node:path'
import fs from 'fs'
export const onMessage = async data => {
  const dynamic = await import('esm')
  const late = await import('late')
  data.message = [esm(), named, all.named, only, old.old, oldName, kind, x, basename('/a/b'),
    typeof fs.readFileSync, dynamic.default(), late.late].join()
}`,
    })
    await stage.host.start()
    const expected = 'esm,named,named,only,old,old,import,x,b,function,esm,late'
    assert.equal(await stage.sayAndWait('?'), expected)
  })
}

test('a package with top-level await says what to do', async t => {
  const stage = new Stage(t)
  stage.write(packages)
  stage.write({ 'listener.ts': "import { late } from 'late'\nexport const onMessage = () => late" })
  assert.match(await stage.startFault(), /top-level await, so load it inside onLoad/)
})

test('packages resolve from the real folder of the listener', async t => {
  const { symlinkSync } = await import('node:fs')
  const stage = new Stage(t, {}, 'mounted')
  stage.write({
    'real/node_modules/old/index.js': 'exports.where = "real"',
    'real/listener.ts':
      "import { where } from 'old'\nexport const onMessage = (d: any) => { d.message = where }",
  })
  symlinkSync('real', stage.at('mounted'))
  await stage.host.start()
  assert.equal(stage.say('?'), 'real')
  assert.equal(stage.host.status.path, stage.at('mounted/listener.ts'))
})

test('imports written for the compiled file lead to the source', async t => {
  const stage = new Stage(t)
  stage.write({
    'listener.ts': "export { onMessage } from './a.js'",
    'a.ts': "export * from './folder'",
    'folder/index.mts': answering('deep'),
  })
  await stage.host.start()
  assert.equal(stage.say('?'), 'deep')
})
