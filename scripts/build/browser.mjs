// What runs in browsers: Chrome 94, Firefox 93 and Safari 16 or newer. Nothing is fetched from another host.
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { dist, root } from './places.mjs'

const browser = join(root, 'src', 'browser')
const out = join(dist, 'browser')
const forBrowsers = {
  bundle: true,
  minify: true,
  target: 'es2022',
  format: 'esm',
  legalComments: 'none',
  logLevel: 'warning',
}

/** The client for applications. */
export async function buildClient() {
  const client = { entryPoints: [join(browser, 'client.ts')], outfile: join(out, 'client.js') }
  await build({ ...forBrowsers, ...client })
}

/** The first page, in one document; and the policy that lets its own script and style run, and no others. */
export async function buildPage() {
  const style = await inline('page', 'page.css')
  const script = await inline('page', 'main.ts')
  const html = readFileSync(join(browser, 'page', 'page.html'), 'utf8')
    .replaceAll(/\n\s*/g, '\n')
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script type="module"></script>', () => `<script type="module">${script}</script>`)
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
}

/** The console: three files that the control API serves, with uPlot in them, and the licence that says so. */
export async function buildConsole() {
  const uplot = readFileSync(join(root, 'node_modules', 'uplot', 'LICENSE'), 'utf8').trim()
  const banner = `/*! uPlot is part of this file.\n\n${uplot}\n*/`
  const folder = join(browser, 'console')
  const script = { entryPoints: { console: join(folder, 'main.ts') }, banner: { js: banner } }
  const style = { entryPoints: [join(folder, 'console.css')], banner: { css: banner } }
  for (const part of [script, style]) await build({ ...forBrowsers, ...part, outdir: out })
  copyFileSync(join(folder, 'index.html'), join(out, 'console.html'))
}

async function inline(...path) {
  const entryPoints = [join(browser, ...path)]
  const { outputFiles } = await build({ ...forBrowsers, entryPoints, write: false })
  return outputFiles[0].text.trim()
}

function hash(text) {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
