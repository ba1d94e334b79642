import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering, closeOf, names, openOf, Stage } from './stage.ts'

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
