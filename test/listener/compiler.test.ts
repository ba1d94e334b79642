/** esbuild's own process: lost, idle, ended. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering, Stage } from './stage.ts'

const linux = existsSync('/proc/self/task')

/** The processes of esbuild that this one has started. */
function compilers(): number[] {
  const list = execFileSync('ps', ['-o', 'pid=,ppid=,stat=,args=', '-e'], { encoding: 'utf8' })
  return list
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(
      ([, parent, state, ...args]) =>
        Number(parent) === process.pid && state !== 'Z' && /esbuild/.test(args.join(' ')),
    )
    .map(([pid]) => Number(pid))
}

const skip = !linux || spawnSync('ps').error !== undefined

/** A listener that answers `v1`, and the process that has compiled it. */
async function compiled(t: TestContext): Promise<{ stage: Stage; pid: number }> {
  const stage = new Stage(t)
  stage.write({ 'listener.ts': answering('v1') })
  await stage.host.start()
  const [pid] = compilers()
  assert.ok(pid !== undefined)
  return { stage, pid }
}

test('a load after the death of esbuild works', { skip }, async t => {
  const { stage, pid } = await compiled(t)
  process.kill(pid, 'SIGKILL')
  stage.write({ 'listener.ts': answering('v2') })
  await stage.host.reload()
  assert.equal(stage.say('?'), 'v2')
  const [next] = compilers()
  assert.ok(next !== undefined)
  process.kill(next, 'SIGKILL')
  await stage.until(() => compilers().length === 0, 'no esbuild')
  await stage.host.reload()
  assert.equal(stage.host.status.generation, 3)

  await stage.host.stop()
  await stage.until(() => compilers().length === 0, 'no esbuild')
})

test('loads of two listeners survive the death of esbuild', { skip }, async t => {
  const stages = [new Stage(t), new Stage(t), new Stage(t)]
  for (const stage of stages) {
    stage.write({ 'listener.ts': answering('v1') })
    await stage.host.start()
  }
  const loads = stages.map(stage => stage.host.reload())
  for (const pid of compilers()) process.kill(pid, 'SIGKILL')
  await Promise.all(loads)
  for (const stage of stages) assert.equal(stage.host.status.generation, 2)
})

test('a save is loaded once, also when it is noticed while a reload that was asked for is under way', {
  skip,
}, async t => {
  const { stage, pid } = await compiled(t)
  process.kill(pid, 'SIGSTOP')
  stage.write({ 'listener.ts': answering('v2') })
  const reloading = stage.host.reload()
  await sleep(700)
  process.kill(pid, 'SIGCONT')
  await reloading
  assert.equal(stage.say('?'), 'v2')
  await sleep(700)
  assert.equal(stage.host.status.generation, 2)
  // What is saved next is noticed as ever.
  stage.write({ 'listener.ts': answering('v3') })
  await stage.answers('v3')
  assert.equal(stage.host.status.generation, 3)
})

for (const asked of [true, false]) {
  test(`what takes seconds to compile comes into use all the same${asked ? ', by a reload that was asked for' : ''}`, {
    skip,
  }, async t => {
    const { stage, pid } = await compiled(t)
    process.kill(pid, 'SIGSTOP')
    stage.write({ 'listener.ts': answering('v2') })
    const reloading = asked ? stage.host.reload() : undefined
    reloading?.catch(() => undefined)
    await sleep(2500)
    process.kill(pid, 'SIGCONT')
    await reloading
    await stage.answers('v2')
    assert.equal(stage.host.status.generation, 2)
    assert.deepEqual(stage.events('listener.error'), [])
  })
}

test('a process with a stopped host ends by itself', async t => {
  const stage = new Stage(t)
  stage.write({ 'listener.mjs': `export const onMessage = () => new Promise(() => {})\n` })
  const host = new URL('../../src/listener/host.ts', import.meta.url).href
  const program = `
import { ListenerHost } from ${JSON.stringify(host)}
const nothing = () => {}
const name = name => ({ name, required: false })
const host = new ListenerHost({ path: ${JSON.stringify(stage.root)}, timeoutMs: 30000, pollMs: null, modules: {},
  names: { open: name('onClientOpen'), close: name('onClientClose'), message: name('onMessage') },
  log: { debug: nothing, info: nothing, warn: nothing, error: nothing }, createGateway: signal => ({ signal }) })
await host.start()
host.message({ message: 'hangs' })
await host.stop()
console.log(process.getActiveResourcesInfo().join())
const began = performance.now()
process.on('exit', () => console.log(performance.now() - began < 8000 ? 'soon' : 'late'))
`
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 60_000, cwd: new URL('../..', import.meta.url) },
  )
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.match(stdout, /soon\n$/)
})
