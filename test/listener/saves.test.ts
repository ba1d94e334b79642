import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering, CALM_MS, SECOND, Stage, serving } from './stage.ts'

// They mostly wait.
describe('the ways of saving', { concurrency: 6 }, () => {
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
          await sleep(CALM_MS)
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

  /** The layout of a Kubernetes ConfigMap: listener.ts → ..data/listener.ts, ..data → a folder of the time. */
  function configMap(stage: Stage, version: string, files: Record<string, string>, keepOld = false): void {
    for (const [name, text] of Object.entries(files)) stage.write({ [`m/..${version}/${name}`]: text })
    const old = keepOld ? undefined : linkTarget(stage.at('m/..data'))
    symlinkSync(`..${version}`, stage.at('m/..data_tmp'))
    renameSync(stage.at('m/..data_tmp'), stage.at('m/..data'))
    if (old !== undefined) rmSync(stage.at(`m/${old}`), { recursive: true })
  }

  function linkTarget(path: string): string | undefined {
    return existsSync(path) ? readlinkSync(path) : undefined
  }

  for (const pollMs of [null, 100]) {
    test(`a ConfigMap's swap is a change${pollMs ? ', polling' : ''}`, async t => {
      const stage = new Stage(t, { pollMs }, 'm')
      configMap(stage, 't1', { 'listener.ts': answering('v1') })
      symlinkSync('..data/listener.ts', stage.at('m/listener.ts'))
      await stage.host.start()
      assert.equal(stage.say('?'), 'v1')
      for (const version of ['t2', 't3']) {
        await sleep(CALM_MS)
        configMap(stage, version, { 'listener.ts': answering(version) })
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
})
