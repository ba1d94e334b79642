/**
 * What `gateway push` costs beside a bare `node -e 0`: both in turn, the median of the ratios of each round.
 * `node --import tsx bench/push.ts [--rounds N] [--node FILE]`
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median, times } from './measure.ts'
import { portOf, start, stop } from './process.ts'

const GOAL = 1.5
const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist')

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, node: { type: 'string', default: process.execPath } },
})
const folder = mkdtempSync(join(tmpdir(), 'push-'))
mkdirSync(join(folder, 'listener'))
const env = { PATH: process.env.PATH, WS_PORT: '0', WS_HOST: '127.0.0.1' }

/** How long a command takes from outside, in milliseconds. */
function timed(...words: string[]): number {
  const began = performance.now()
  const { status, stderr } = spawnSync(values.node, words, { cwd: folder, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`)
  return performance.now() - began
}

const gateway = start([values.node, join(dist, 'main.js')], {
  cwd: folder,
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  await portOf(gateway, 10_000)
  const bare: number[] = []
  const push: number[] = []
  for (let round = -2; round < Number(values.rounds); round++) {
    const one = timed('-e', '0')
    const other = timed(join(dist, 'cli', 'main.cjs'), 'push', 'hello')
    // The first ones warm up the disk's cache.
    if (round < 0) continue
    bare.push(one)
    push.push(other)
  }
  const ratio = median(push.map((ms, i) => ms / (bare[i] ?? Number.NaN)))
  console.log(
    `${values.node}: node -e 0 ${median(bare).toFixed(0)} ms, gateway push ${median(push).toFixed(0)} ms, ` +
      `${times(ratio)}, goal at most ${GOAL} ×: ${ratio <= GOAL ? 'met' : 'NOT MET'}`,
  )
} finally {
  await stop(gateway)
  rmSync(folder, { recursive: true, force: true })
}
