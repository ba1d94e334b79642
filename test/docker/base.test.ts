/** The image's base as an argument, as docs/releasing.md has it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/gateway.ts'
import { shellLines } from '../support/markdown.ts'
import { BASE, docker, dockerTest, image, inspect, must, run, unique, until } from './engine.ts'

/** The command, with its base and its name replaced. */
function releaseBuild(base: string, tag: string): string[] {
  const lines = shellLines(readFileSync(join(root, 'docs/releasing.md'), 'utf8'))
  const [line = '', ...others] = lines.filter(candidate => candidate.startsWith('docker build '))
  assert.deepEqual(others, [])
  assert.ok(line.includes(`BASE=${BASE} `) && line.includes(' websocket-gateway:release '))
  return line.replace(`BASE=${BASE}`, `BASE=${base}`).replace('websocket-gateway:release', tag).split(' ')
}

dockerTest('the base can be named by what it is, not only by its tag', async t => {
  const tag = unique('base').toLowerCase()
  await image()
  t.after(() => docker('rmi', tag))
  const build = async (base: string): Promise<string> => {
    const [program = '', ...words] = releaseBuild(base, tag)
    await must(program, words)
    return (await inspect(tag)).Id
  }
  // Without a registry there is no digest of one. The engine's own checksum stands for it: every step is found built.
  // While another file's tests build for the first time as well, a step may be found built twice over.
  const { Id } = await inspect(BASE)
  await until('the same image by both names', async () => (await build(BASE)) === (await build(Id)), 120_000)
  const [, ...wrong] = releaseBuild('no-such-image.invalid/base:1', tag)
  const refused = await run('docker', wrong)
  assert.notEqual(refused.code, 0)
  assert.match(refused.err + refused.out, /no-such-image\.invalid/)
})
