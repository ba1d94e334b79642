import assert from 'node:assert/strict'
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ListenerHostOptions } from '../../src/listener/host.ts'
import { answering, Stage } from './stage.ts'

/** The contract's second, and room for a machine that has other work. */
const SECOND = process.env.CI === undefined ? 1000 : 3000

async function serving(
  t: TestContext,
  files: Record<string, string> = { 'listener.ts': answering('v1') },
  root = '.',
  options: Partial<ListenerHostOptions> = {},
): Promise<Stage> {
  const stage = new Stage(t, options, root)
  stage.write(files)
  await stage.host.start()
  assert.equal(stage.host.status.error, null)
  return stage
}

/** Long enough for a load that should not happen. */
async function nothingLoads(stage: Stage, change: () => void): Promise<void> {
  const { generation } = stage.host.status
  change()
  await sleep(1200)
  assert.equal(stage.host.status.generation, generation)
  assert.equal(stage.host.status.error, null)
}

/** Each way of saving must be in use within a second. */
const saves: Record<string, (stage: Stage, text: string) => void> = {
  'writing over it': (stage, text) => stage.write({ 'l/listener.ts': text }),
  'renaming another over it': (stage, text) => {
    stage.write({ 'l/.listener.ts.swp': text })
    renameSync(stage.at('l/.listener.ts.swp'), stage.at('l/listener.ts'))
  },
  'moving it away and creating it': (stage, text) => {
    renameSync(stage.at('l/listener.ts'), stage.at('l/listener.ts~'))
    stage.write({ 'l/listener.ts': text })
  },
  'deleting and creating it': (stage, text) => {
    unlinkSync(stage.at('l/listener.ts'))
    stage.write({ 'l/listener.ts': text })
  },
  'removing the folder and making it again': (stage, text) => {
    rmSync(stage.at('l'), { recursive: true })
    stage.write({ 'l/listener.ts': text })
  },
  'another folder in its place': (stage, text) => {
    stage.write({ 'new/listener.ts': text })
    renameSync(stage.at('l'), stage.at('old'))
    renameSync(stage.at('new'), stage.at('l'))
    rmSync(stage.at('old'), { recursive: true })
  },
  'another extension instead': (stage, text) => {
    unlinkSync(stage.at('l/listener.ts'))
    stage.write({ 'l/index.mjs': text })
    rmSync(stage.at('l/index.mjs'))
    stage.write({ 'l/listener.js': text })
  },
  'a link instead': (stage, text) => {
    stage.write({ 'elsewhere/real.ts': text })
    unlinkSync(stage.at('l/listener.ts'))
    symlinkSync('../elsewhere/real.ts', stage.at('l/listener.ts'))
  },
  'the same length and the same time': (stage, text) => {
    const { atime, mtime } = statSync(stage.at('l/listener.ts'))
    stage.write({ 'l/listener.ts': text })
    utimesSync(stage.at('l/listener.ts'), atime, mtime)
  },
}

for (const pollMs of [null, 100]) {
  for (const [how, save] of Object.entries(saves)) {
    test(`a change is in use within a second: ${how}${pollMs ? ', polling' : ''}`, async t => {
      const stage = await serving(t, { 'l/listener.ts': answering('v1') }, 'l', { pollMs })
      for (const text of ['v2', 'v3']) {
        if (text === 'v3' && how === 'another extension instead') break
        save(stage, answering(text))
        const took = await stage.answers(text)
        assert.ok(took < SECOND, `took ${took} ms`)
      }
      assert.deepEqual(stage.events('listener.error'), [])
      assert.equal(stage.host.status.error, null)
    })
  }
}

test('listener.ts that appears is used instead of index.ts', async t => {
  const stage = await serving(t, { 'index.ts': answering('index') })
  stage.write({ 'listener.ts': answering('listener') })
  assert.ok((await stage.answers('listener')) < SECOND)
  assert.equal(stage.host.status.path, stage.at('listener.ts'))
  unlinkSync(stage.at('listener.ts'))
  await stage.answers('index')
})

test('a file that the listener imports counts, wherever it lies', async t => {
  const stage = await serving(
    t,
    {
      'l/listener.ts':
        "import { a } from './own/a.ts'\nimport data from '../data.json'\nexport const onMessage = d => { d.message = a + data.n }",
      'l/own/a.ts': "export { a } from '../../b.js'",
      'b.ts': 'export const a = 1',
      'data.json': '{ "n": "x" }',
    },
    'l',
  )
  assert.equal(stage.say('?'), '1x')
  stage.write({ 'b.ts': 'export const a = 2' })
  assert.ok((await stage.answers('2x')) < SECOND)
  stage.write({ 'data.json': '{ "n": "y" }' })
  assert.ok((await stage.answers('2y')) < SECOND)
  unlinkSync(stage.at('b.ts'))
  stage.write({ 'b.js': 'export const a = 3' })
  assert.ok((await stage.answers('3y')) < SECOND)
  // Each replaced again, since a watch may have stayed with the old file.
  stage.write({ 'b.tmp': 'export const a = 4' })
  renameSync(stage.at('b.tmp'), stage.at('b.js'))
  assert.ok((await stage.answers('4y')) < SECOND)
})

/** The layout of a Kubernetes ConfigMap: listener.ts → ..data/listener.ts, ..data → a folder of the time. */
function configMap(stage: Stage, version: string, files: Record<string, string>, keepOld = false): void {
  for (const [name, text] of Object.entries(files)) stage.write({ [`m/..${version}/${name}`]: text })
  const old = keepOld ? undefined : readlinkIfThere(stage.at('m/..data'))
  symlinkSync(`..${version}`, stage.at('m/..data_tmp'))
  renameSync(stage.at('m/..data_tmp'), stage.at('m/..data'))
  if (old !== undefined) rmSync(stage.at(`m/${old}`), { recursive: true })
}

function readlinkIfThere(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false }) ? readFileLink(path) : undefined
}

function readFileLink(path: string): string {
  return readFileSync(`${path}/.name`, 'utf8')
}

for (const pollMs of [null, 100]) {
  test(`a ConfigMap's swap is a change${pollMs ? ', polling' : ''}`, async t => {
    const stage = new Stage(t, { pollMs }, 'm')
    configMap(stage, 't1', { 'listener.ts': answering('v1'), '.name': '..t1' })
    symlinkSync('..data/listener.ts', stage.at('m/listener.ts'))
    await stage.host.start()
    assert.equal(stage.say('?'), 'v1')
    for (const version of ['t2', 't3']) {
      configMap(stage, version, { 'listener.ts': answering(version), '.name': `..${version}` })
      const took = await stage.answers(version)
      assert.ok(took < SECOND, `took ${took} ms`)
    }
    assert.equal(stage.host.status.path, stage.at('m/listener.ts'))
    assert.deepEqual(stage.events('listener.error'), [])
  })
}

test('the swap of a ConfigMap that only an import goes through is a change, also when the old one stays', async t => {
  const stage = new Stage(t, {}, 'l')
  configMap(stage, 't1', { 'a.ts': 'export const a = "v1"' }, true)
  symlinkSync('..data/a.ts', stage.at('m/a.ts'))
  stage.write({
    'l/listener.ts': "import { a } from '../m/a'\nexport const onMessage = d => { d.message = a }",
  })
  await stage.host.start()
  configMap(stage, 't2', { 'a.ts': 'export const a = "v2"' }, true)
  assert.ok((await stage.answers('v2')) < SECOND)
})

test('a git checkout changes all its files at once', async t => {
  const { execFileSync } = await import('node:child_process')
  const stage = new Stage(t, {}, 'l')
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false']
    execFileSync('git', [...who, ...args], { cwd: stage.folder, stdio: 'ignore' })
  }
  git('init', '-b', 'one')
  const listener = (name: string) =>
    `import { ${name} } from './a.ts'\nexport const onMessage = d => { d.message = ${name} }`
  stage.write({ 'l/listener.ts': listener('one'), 'l/a.ts': 'export const one = "one"' })
  git('add', '.')
  git('commit', '-m', 'one')
  git('checkout', '-b', 'two')
  stage.write({ 'l/listener.ts': listener('two'), 'l/a.ts': 'export const two = "two"' })
  git('commit', '-am', 'two')
  await stage.host.start()
  assert.equal(stage.say('?'), 'two')
  git('checkout', 'one')
  assert.ok((await stage.answers('one')) < SECOND)
  git('checkout', 'two')
  assert.ok((await stage.answers('two')) < SECOND)
  assert.deepEqual(stage.events('listener.error'), [])
})

test('a touch without a change is no change, and neither is saving the same', async t => {
  const stage = await serving(t)
  await nothingLoads(stage, () => {
    utimesSync(stage.at('listener.ts'), new Date(), new Date())
    stage.write({ 'listener.ts': answering('v1'), 'other.ts': 'not imported', 'node_modules/x/index.js': '' })
    renameSync(stage.at('listener.ts'), stage.at('l'))
    renameSync(stage.at('l'), stage.at('listener.ts'))
  })
  // Asked for, it is loaded all the same.
  await stage.host.reload()
  assert.equal(stage.host.status.generation, 2)
})

for (const everyMs of [10, 20, 60]) {
  test(`continuous saving, each ${everyMs} ms, does not postpone it`, async t => {
    const stage = await serving(t)
    const began = performance.now()
    let last = began
    let seen = 1
    let longest = 0
    for (let i = 2; performance.now() - began < 2500; i++) {
      stage.write({ 'listener.ts': answering(`v${i}`) })
      await sleep(everyMs)
      const now = Number(String(stage.say('?')).slice(1))
      if (now > seen) {
        longest = Math.max(longest, performance.now() - last)
        last = performance.now()
        seen = now
      }
    }
    assert.ok(longest > 0 && longest < SECOND, `the longest wait was ${longest} ms`)
    assert.deepEqual(stage.events('listener.error'), [])
    stage.write({ 'listener.ts': answering('last') })
    assert.ok((await stage.answers('last')) < SECOND)
  })
}

/** Writes a file piece by piece, as over a slow network. */
async function drip(path: string, text: string, pieces: number, everyMs: number): Promise<void> {
  const length = Math.ceil(text.length / pieces)
  for (let at = 0; at < text.length; at += length) {
    writeFileSync(path, text.slice(at, at + length), { flag: at === 0 ? 'w' : 'a' })
    await sleep(everyMs)
  }
}

test('an empty or half-written file is not taken, and is no fault', async t => {
  const guard = "export const onClientOpen = () => {}\nexport const onMessage = d => { d.message = 'V' }\n"
  const stage = await serving(t, { 'listener.ts': guard.replace('V', 'v1') })
  const seen = new Set<unknown>()
  const look = setInterval(() => seen.add(stage.say('?')), 2)
  t.after(() => clearInterval(look))
  for (const [pieces, everyMs] of [
    [3, 150],
    [12, 60],
    [2, 300],
  ] as const) {
    const text = `${pieces}x${everyMs}`
    writeFileSync(stage.at('listener.ts'), '')
    await sleep(200)
    // A comment and one hook come first: by themselves a valid listener that would let everything through.
    await drip(
      stage.at('listener.ts'),
      `/* a long comment ${'.'.repeat(150)} */\n${guard.replace('V', text)}`,
      pieces,
      everyMs,
    )
    assert.ok((await stage.answers(text)) < SECOND)
  }
  assert.deepEqual([...seen].sort(), ['12x60', '2x300', '3x150', 'v1'])
  assert.deepEqual(stage.events('listener.error'), [])
})

test('a file that stays empty is a fault', async t => {
  const stage = await serving(t)
  stage.write({ 'listener.ts': '' })
  const took = await stage.fault(/listener\.ts is empty/)
  assert.ok(took > 500, `already after ${took} ms`)
  assert.equal(stage.say('?'), 'v1')
  stage.write({ 'listener.ts': answering('v2') })
  await stage.answers('v2')
})

test('hooks that are taken away on purpose are gone within a second', async t => {
  const stage = await serving(t, { 'listener.ts': `${answering('v1')}export const onClientOpen = () => {}` })
  stage.write({ 'listener.ts': answering('v2') })
  assert.ok((await stage.answers('v2')) < SECOND)
  stage.write({ 'listener.ts': 'export {}' })
  assert.ok((await stage.answers('?')) < SECOND)
})

test('a fault is logged once for each content, and heals', async t => {
  const stage = await serving(t)
  for (const [text, pattern] of [
    ['export const onMessage = (', /listener\.ts:1:27/],
    ['import "./later.ts"\nexport const onMessage = (', /listener\.ts:2:27/],
  ] as const) {
    stage.write({ 'listener.ts': text })
    await stage.fault(pattern)
  }
  stage.write({ 'listener.ts': 'throw new Error("first")' })
  await stage.fault(/^first/)
  await sleep(1200)
  utimesSync(stage.at('listener.ts'), new Date(), new Date())
  await sleep(700)
  assert.equal(stage.events('listener.error').length, 3)
  assert.equal(stage.say('?'), 'v1')
  assert.equal(stage.host.ready, true)
  stage.write({ 'listener.ts': answering('v1') })
  await stage.until(() => stage.host.status.error === null, 'no fault')
  assert.equal(stage.host.status.generation, 2)
})

test('a missing import that appears heals a failed load', async t => {
  const stage = await serving(t)
  stage.write({ 'listener.ts': "export * from './own/later'" })
  await stage.fault(/Could not resolve ".\/own\/later"/)
  stage.write({ 'own/later.ts': answering('later') })
  assert.ok((await stage.answers('later')) < SECOND)
  stage.write({
    'listener.ts': "import { text } from 'pkg'\nexport const onMessage = d => { d.message = text }",
  })
  await stage.fault(/Could not resolve "pkg"/)
  stage.write({ 'node_modules/pkg/index.js': 'exports.text = "package"' })
  await stage.answers('package')
})

test('a folder without node_modules at hand and a listener that is a link are watched natively', async t => {
  const stage = new Stage(t, {}, 'link')
  stage.write({ 'real/listener.ts': answering('v1') })
  symlinkSync('real', stage.at('link'))
  await stage.host.start()
  stage.write({ 'real/listener.ts': answering('v2') })
  assert.ok((await stage.answers('v2')) < SECOND)
  stage.write({ 'next/listener.ts': answering('v3') })
  symlinkSync('next', stage.at('tmp'))
  renameSync(stage.at('tmp'), stage.at('link'))
  assert.ok((await stage.answers('v3')) < SECOND)
  mkdirSync(stage.at('link/logs'))
})
