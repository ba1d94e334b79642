// The command becomes two files, and CommonJS: a push may need only half as long again as Node itself, which
// takes about a millisecond for each module and each 40 kB that it loads, and some for its loader of ES modules.
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { dist, root } from './places.mjs'

const cli = join(dist, 'cli')

/** All commands but the few that are called often are in the second file, which lies beside the first. */
const allApart = {
  name: 'all-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/all\.ts$/ }, () => ({ path: './all.cjs', external: true })),
}

/** Replaces what the compiler has made of `src/cli`. */
export async function buildCommand() {
  rmSync(cli, { recursive: true })
  await Promise.all([bundle('main'), bundle('all')])
  chmodSync(join(cli, 'main.cjs'), 0o755)
}

function bundle(name) {
  return build({
    entryPoints: [join(root, 'src', 'cli', `${name}.ts`)],
    outfile: join(cli, `${name}.cjs`),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    packages: 'external',
    plugins: [allApart],
    define: { 'import.meta.url': '__url' },
    banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href" },
    logLevel: 'warning',
  })
}
