// The command becomes one file, and CommonJS: a push may need only half as long again as Node itself, which
// takes about a millisecond for each module that it loads, and some for its loader of ES modules.
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { dist, root } from './places.mjs'

/** Replaces what the compiler has made of `src/cli`. */
export async function buildCommand() {
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
}
