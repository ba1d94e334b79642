// `npm run build`: src → dist, as plain JavaScript with its types. Always from an empty folder,
// so that nothing of an older build is shipped.
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { buildClient, buildConsole, buildPage } from './browser.mjs'
import { buildCommand } from './command.mjs'
import { dist, root } from './places.mjs'
import { keepTypes } from './types.mjs'

const typescript = createRequire(import.meta.url).resolve('typescript/package.json')
const compile = project => {
  const words = [join(dirname(typescript), 'bin', 'tsc'), '-p', join(root, 'src', project)]
  const tsc = spawnSync(process.execPath, words, { stdio: 'inherit' })
  if (tsc.status !== 0) process.exit(tsc.status ?? 1)
}
rmSync(dist, { recursive: true, force: true })
compile('tsconfig.json')
await buildCommand()
await buildClient()
compile('browser/tsconfig.types.json')
await buildPage()
await buildConsole()

// What the control API says of itself; YAML is for those who read and write it.
const openApi = parse(readFileSync(join(root, 'docs', 'openapi.yaml'), 'utf8'))
writeFileSync(join(dist, 'openapi.json'), `${JSON.stringify(openApi)}\n`)

// The other program that npm puts on the path.
chmodSync(join(dist, 'main.js'), 0o755)
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const types = Object.values(exports).flatMap(({ types }) => types ?? [])
keepTypes(
  dist,
  types.map(file => join(root, file)),
)
