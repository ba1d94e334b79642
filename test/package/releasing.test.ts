/** The commands of docs/releasing.md, in a copy of the sources in another folder. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { must } from '../docker/engine.ts'
import { root, temporaryFolder } from '../support/gateway.ts'
import { codeBlocks } from '../support/markdown.ts'
import { npmEnvironment, pack } from './packed.ts'

const blocks = codeBlocks(readFileSync(join(root, 'docs/releasing.md'), 'utf8'), 'sh')

/** Run by test/docker/base.test.ts. */
const withDocker = 'docker build '

/** The block that has a text. */
function block(text: string): string {
  const found = blocks.filter(candidate => candidate.includes(text))
  assert.equal(found.length, 1, `docs/releasing.md has ${found.length} blocks with ${text}`)
  return found[0] ?? ''
}

/** A repository of its own, with what is in git here and one commit. */
function copy(t: TestContext): string {
  const folder = join(temporaryFolder(t), 'somewhere', 'else')
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.trim().split('\n')) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

const ZEROS = { GIT_COMMITTER_DATE: '2026-11-26T12:00:00Z', GIT_AUTHOR_DATE: '2026-11-26T12:00:00Z' }

test('docs/releasing.md, from the number to the dry run', { timeout: 300_000 }, async t => {
  const folder = copy(t)
  const env = { ...npmEnvironment(), ...ZEROS }
  /** Runs what the user would paste. What is installed here already is not installed again. */
  const paste = (lines: string) =>
    must('/bin/sh', ['-ec', lines.replace(/^npm ci$/m, '')], { cwd: folder, env })
  const known = [
    'npm pack --dry-run',
    'VERSION=',
    'sha256sum',
    'sbom.cdx.json',
    'npm publish --dry-run',
    withDocker,
  ]
  assert.equal(blocks.length, known.length, 'docs/releasing.md has a block that this test does not know')

  await t.test('the same sources make the same tarball, in another folder and built anew', async () => {
    await paste('umask 022; npm pack --silent')
    const name = `websocket-gateway-${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}.tgz`
    const sum = await paste(`sha256sum ${name}`)
    assert.equal(
      sum,
      `${(await pack(t)).sha256}  ${name}`,
      'is dist/ of this working tree built? npm run build',
    )
    rmSync(join(folder, name))
  })

  await t.test('the number', async () => {
    await paste(block('VERSION='))
    assert.equal(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version, '0.2.0')
    assert.equal(JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).version, '0.2.0')
    assert.match(readFileSync(join(folder, 'Dockerfile'), 'utf8'), /image\.version="0\.2\.0" \\$/m)
    assert.match(readFileSync(join(folder, 'docs/openapi.yaml'), 'utf8'), /^ {2}version: 0\.2\.0$/m)
  })

  await t.test('the package, and what publishing it would do', async () => {
    assert.match(await paste(block('sha256sum')), /^[0-9a-f]{64} {2}websocket-gateway-0\.2\.0\.tgz$/m)
    await paste(block('npm pack --dry-run'))
    assert.match(await paste(block('npm publish --dry-run')), /\+ websocket-gateway@0\.2\.0/)
  })

  await t.test('the bill of materials is whole, and the same each time', async () => {
    await paste('git init -q . && git add LICENSE && git -c user.name=a -c user.email=a@b commit -qm Version')
    const file = join(folder, 'sbom.cdx.json')
    await paste(block('sbom.cdx.json'))
    const text = readFileSync(file, 'utf8')
    await paste(block('sbom.cdx.json'))
    assert.equal(readFileSync(file, 'utf8'), text)
    checkBill(JSON.parse(text), JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')))
  })
})

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly hashes: readonly { readonly alg: string; readonly content: string }[]
}

interface Bill {
  readonly bomFormat: string
  readonly specVersion: string
  readonly serialNumber: string
  readonly metadata: { readonly timestamp: string; readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

interface Lock {
  readonly packages: Readonly<Record<string, { version: string; dev?: boolean; integrity?: string }>>
}

/** Each package of the lock file that is shipped is in it, with its checksum; no other one; and no reference is dead. */
function checkBill(bill: Bill, lock: Lock): void {
  assert.deepEqual([bill.bomFormat, bill.specVersion], ['CycloneDX', '1.5'])
  assert.match(bill.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(bill.metadata.timestamp, '2026-11-26T12:00:00.000Z')
  assert.equal(bill.metadata.component.purl, 'pkg:npm/websocket-gateway@0.2.0')
  assert.equal(bill.metadata.component.name, 'websocket-gateway')
  // uPlot is a tool by the lock file, and built into the console.
  const shipped = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && (dev !== true || path === 'node_modules/uplot'))
    .map(([path, { version, integrity = '' }]) => {
      const sha512 = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
      return `${path.replace(/^.*node_modules\//, '')} ${version} ${sha512}`
    })
  assert.deepEqual(
    bill.components
      .map(
        ({ name, version, hashes }) => `${name} ${version} ${hashes.find(h => h.alg === 'SHA-512')?.content}`,
      )
      .sort(),
    shipped.sort(),
  )
  const refs = [bill.metadata.component, ...bill.components].map(component => component['bom-ref'])
  for (const { ref, dependsOn } of bill.dependencies) {
    for (const name of [ref, ...dependsOn]) assert.ok(refs.includes(name), name)
  }
}
