// `npm run build`: src → dist, as plain JavaScript with its types. Always from an empty folder,
// so that nothing of an older build is shipped.
import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const typescript = createRequire(import.meta.url).resolve('typescript/package.json')
rmSync(dist, { recursive: true, force: true })
const tsc = spawnSync(
  process.execPath,
  [join(dirname(typescript), 'bin', 'tsc'), '-p', join(root, 'src', 'tsconfig.json')],
  { stdio: 'inherit' },
)
if (tsc.status !== 0) process.exit(tsc.status ?? 1)

// The command becomes one file, and CommonJS: a push may need only half as long again as Node itself, which
// takes about a millisecond for each module that it loads, and some for its loader of ES modules.
const cli = join(dist, 'cli')
const command = join(cli, 'main.cjs')
rmSync(cli, { recursive: true })
await build({
  entryPoints: [join(root, 'src', 'cli', 'main.ts')],
  outfile: command,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  packages: 'external',
  define: { 'import.meta.url': '__url' },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href" },
  logLevel: 'warning',
})
chmodSync(command, 0o755)
