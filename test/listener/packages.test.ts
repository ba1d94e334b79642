import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { answering, Stage } from './stage.ts'

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
