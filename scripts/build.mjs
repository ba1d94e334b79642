// `npm run build`: src → dist, as plain JavaScript with its types. Always from an empty folder,
// so that nothing of an older build is shipped.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { parse } from 'yaml'
import { keepTypes } from './types.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const typescript = createRequire(import.meta.url).resolve('typescript/package.json')
const compile = (...words) => {
  const tsc = spawnSync(process.execPath, [join(dirname(typescript), 'bin', 'tsc'), ...words], {
    stdio: 'inherit',
  })
  if (tsc.status !== 0) process.exit(tsc.status ?? 1)
}
rmSync(dist, { recursive: true, force: true })
compile('-p', join(root, 'src', 'tsconfig.json'))

// What the control API says of itself; YAML is for those who read and write it.
const openApi = parse(readFileSync(join(root, 'docs', 'openapi.yaml'), 'utf8'))
writeFileSync(join(dist, 'openapi.json'), `${JSON.stringify(openApi)}\n`)

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

// What runs in browsers: the client for applications, with its types, and the first page in one document. Chrome 94,
// Firefox 93 and Safari 16 or newer.
const browser = join(root, 'src', 'browser')
const out = join(dist, 'browser')
const forBrowsers = {
  bundle: true,
  minify: true,
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
}
await build({
  ...forBrowsers,
  entryPoints: [join(browser, 'client.ts')],
  outfile: join(out, 'client.js'),
  format: 'esm',
})
compile('-p', join(browser, 'tsconfig.types.json'))

const inline = async (...path) => {
  const { outputFiles } = await build({
    ...forBrowsers,
    entryPoints: [join(browser, ...path)],
    format: 'esm',
    write: false,
  })
  return outputFiles[0].text.trim()
}
const style = await inline('page', 'page.css')
const script = await inline('page', 'main.ts')
const html = readFileSync(join(browser, 'page', 'page.html'), 'utf8')
  .replaceAll(/\n\s*/g, '\n')
  .replace('<style></style>', () => `<style>${style}</style>`)
  .replace('<script type="module"></script>', () => `<script type="module">${script}</script>`)
const hash = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "connect-src 'self' ws: wss:",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
]
writeFileSync(join(out, 'page.html'), html)
writeFileSync(join(out, 'page.csp'), `${policy.join('; ')}\n`)

// The console: three files that the control API serves. Nothing is fetched from anywhere else, so uPlot is in it, with
// the licence that says so.
const uplot = readFileSync(join(root, 'node_modules', 'uplot', 'LICENSE'), 'utf8').trim()
const banner = `/*! uPlot is part of this file.\n\n${uplot}\n*/`
await build({
  ...forBrowsers,
  entryPoints: { console: join(browser, 'console', 'main.ts') },
  outdir: out,
  format: 'esm',
  banner: { js: banner },
})
await build({
  ...forBrowsers,
  entryPoints: [join(browser, 'console', 'console.css')],
  outdir: out,
  banner: { css: banner },
})
copyFileSync(join(browser, 'console', 'index.html'), join(out, 'console.html'))

// The other program that npm puts on the path.
chmodSync(join(dist, 'main.js'), 0o755)
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const types = Object.values(exports).flatMap(({ types }) => types ?? [])
keepTypes(
  dist,
  types.map(file => join(root, file)),
)
