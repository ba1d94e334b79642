/** That the system's events alone tell of each kind of save; the fingerprint's interval plays no part here. */
import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { findListener } from '../../src/listener/find.ts'
import { takeFingerprint } from '../../src/listener/fingerprint.ts'
import { bare } from '../../src/listener/snapshot.ts'
import { Watch } from '../../src/listener/watch.ts'

/**
 * Watches are set up in the background, and their events come from there; this is plenty. In many turns of the event loop,
 * since of a single pause nothing may be left when the machine does something else meanwhile.
 */
async function background(): Promise<void> {
  for (let turns = 0; turns < 30; turns++) await sleep(5)
}

class Scene {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'watch-')))
  readonly root = join(this.folder, 'l')
  readonly watch: Watch
  pokes = 0

  constructor(context: TestContext) {
    const nothing = (): void => undefined
    const warn = (fields: object): void => assert.fail(JSON.stringify(fields))
    const log = { debug: nothing, info: nothing, warn, error: nothing }
    this.watch = new Watch(this.root, () => this.pokes++, log)
    context.after(() => {
      this.watch.close()
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  write(name: string, text = ''): void {
    mkdirSync(join(this.folder, name, '..'), { recursive: true })
    writeFileSync(join(this.folder, name), text)
  }

  at(name: string): string {
    return join(this.folder, name)
  }

  async follow(): Promise<void> {
    this.watch.follow(await takeFingerprint(this.root, bare(await findListener(this.root))))
    await background()
    this.pokes = 0
  }

  async tells(what: string): Promise<void> {
    for (let waited = 0; this.pokes === 0; waited += 5) {
      assert.ok(waited < 3000, `no event: ${what}`)
      await sleep(5)
    }
    // What the event has changed is followed, as the follower does.
    await background()
    await this.follow()
  }
}

test('each kind of save is told of', async t => {
  const scene = new Scene(t)
  scene.write('l/listener.ts')
  await scene.follow()
  const saves: Record<string, () => void> = {
    'written over': () => scene.write('l/listener.ts', '1'),
    'renamed over': () => {
      scene.write('new.ts', '2')
      renameSync(scene.at('new.ts'), scene.at('l/listener.ts'))
    },
    'written over after that': () => scene.write('l/listener.ts', '3'),
    deleted: () => unlinkSync(scene.at('l/listener.ts')),
    created: () => scene.write('l/listener.ts', '4'),
    'another extension': () => scene.write('l/index.mjs', '5'),
    'the folder moved away': () => renameSync(scene.root, scene.at('old')),
    'the folder made again': () => scene.write('l/listener.ts', '6'),
    'written over in the new folder': () => scene.write('l/listener.ts', '7'),
    'the folder removed': () => rmSync(scene.root, { recursive: true }),
    'a link to a folder in its place': () => symlinkSync('old', scene.root),
    'written over in the linked folder': () => scene.write('old/listener.ts', '8'),
  }
  for (const [what, save] of Object.entries(saves)) {
    save()
    await scene.tells(what)
  }
})

test("a ConfigMap's swap is told of, each time", async t => {
  const scene = new Scene(t)
  scene.write('l/..t0/listener.ts', '0')
  symlinkSync('..t0', scene.at('l/..data'))
  symlinkSync('..data/listener.ts', scene.at('l/listener.ts'))
  await scene.follow()
  for (const n of [1, 2, 3]) {
    scene.write(`l/..t${n}/listener.ts`, `${n}`)
    symlinkSync(`..t${n}`, scene.at('l/..data_tmp'))
    renameSync(scene.at('l/..data_tmp'), scene.at('l/..data'))
    await scene.tells(`swap ${n}`)
  }
})

test('other files in the folder and beside it are no events', async t => {
  const scene = new Scene(t)
  scene.write('l/listener.ts')
  scene.write('l/node_modules/x/index.js')
  scene.write('logs/WebSocket.log')
  await scene.follow()
  scene.write('l/node_modules/x/index.js', '1')
  scene.write('l/node_modules/y/index.js', '1')
  scene.write('l/WebSocket.log', '1')
  scene.write('logs/WebSocket.log', '1')
  scene.write('logs/listener.ts', '1')
  scene.write('other.log', '1')
  await background()
  assert.equal(scene.pokes, 0)
})

test('nothing is told after the end', async t => {
  const scene = new Scene(t)
  scene.write('l/listener.ts')
  await scene.follow()
  scene.watch.close()
  scene.write('l/listener.ts', '1')
  await background()
  assert.equal(scene.pokes, 0)
})
