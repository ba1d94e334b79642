// `npm run -s sbom [FILE]`: what the gateway is made of when it runs, as CycloneDX, from package-lock.json. To standard
// output, or to a file. The same sources give the same bytes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = name => JSON.parse(readFileSync(join(root, name), 'utf8'))

/** A tool by package.json, and yet shipped: its code is built into the pages of dist/browser. */
const BUILT_IN = ['uplot']

/**
 * Both files without what only building and testing needs. `npm sbom --omit=dev` is not enough: it also leaves out
 * what the gateway and one of its tools have in common, such as esbuild.
 */
function withoutTools() {
  const { devDependencies: tools, ...own } = read('package.json')
  const shipped = Object.fromEntries(BUILT_IN.map(name => [name, tools[name]]))
  own.dependencies = { ...own.dependencies, ...shipped }
  const lock = read('package-lock.json')
  const packages = Object.entries(lock.packages)
    .filter(([path, entry]) => entry.dev !== true || BUILT_IN.includes(path.replace('node_modules/', '')))
    .map(([path, { devDependencies, dev, ...entry }]) => [path, entry])
  const [[, top]] = packages
  top.dependencies = own.dependencies
  return { own, lock: { ...lock, packages: Object.fromEntries(packages) } }
}

/** What npm says of them. It takes the folder's name for the package's. */
function bill({ own, lock }) {
  const above = mkdtempSync(join(tmpdir(), 'sbom-'))
  try {
    const folder = join(above, own.name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), JSON.stringify(own))
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
    const words = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application']
    const npm = spawnSync('npm', words, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (npm.status !== 0) throw new Error(`npm sbom: exit ${npm.status ?? npm.error}`)
    return JSON.parse(npm.stdout)
  } finally {
    rmSync(above, { recursive: true })
  }
}

/** The time of the sources, where a release gives it, and a number that follows from the content. */
function reproducible(document) {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000)
  if (!Number.isFinite(seconds)) {
    throw new Error(`SOURCE_DATE_EPOCH: got ${process.env.SOURCE_DATE_EPOCH}, takes seconds since 1970`)
  }
  document.metadata.timestamp = new Date(seconds * 1000).toISOString()
  document.serialNumber = ''
  const hex = createHash('sha256').update(JSON.stringify(document)).digest('hex')
  // A UUID of version 8: its bits are ours to choose.
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
  document.serialNumber = `urn:uuid:${parts.join('-')}`
  return document
}

const text = `${JSON.stringify(reproducible(bill(withoutTools())), null, 2)}\n`
const [file] = process.argv.slice(2)
if (file === undefined) process.stdout.write(text)
else writeFileSync(file, text)
