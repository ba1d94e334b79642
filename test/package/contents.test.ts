/** What is in the package, and what is not. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { root } from '../support/gateway.ts'
import { pack } from './packed.ts'

/** Pictures of the page and the console are the largest part of it. */
const MOST_BYTES = 2_000_000

const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('the package', async t => {
  const packed = await pack(t)
  const names = [...packed.files.keys()].sort()

  await t.test('has what a user needs', () => {
    const needed = [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'dist/main.js',
      'dist/cli/main.cjs',
      'dist/cli/all.cjs',
      'listener/listener.ts',
      'listener/examples/chat.ts',
      'docs/security.md',
      'docs/http-listener.schema.json',
      ...Object.values(own.exports as Record<string, string | Record<string, string>>).flatMap(entry =>
        (typeof entry === 'string' ? [entry] : Object.values(entry)).map(file => file.replace('./', '')),
      ),
    ]
    assert.deepEqual(
      needed.filter(name => !names.includes(name)),
      [],
    )
  })

  await t.test('has nothing else: no source of its own, no test, no build tool, no source map', () => {
    const allowed = /^(dist|docs|listener|samples)\/|^(bench\/)?[A-Z]+\.md$|^(LICENSE|package\.json)$/
    const isOfBuild = (name: string) => /^dist\/.*\.(js|cjs|d\.ts|html|css|csp|json)$/.test(name)
    const strange = names.filter(
      name =>
        !allowed.test(name) ||
        /(^|\/)\.|\.test\./.test(name) ||
        (name.startsWith('dist/') && !isOfBuild(name)),
    )
    assert.deepEqual(strange, [])
    for (const [name, { text }] of packed.files) {
      if (name.startsWith('dist/')) assert.doesNotMatch(text, /sourceMappingURL/, name)
    }
  })

  await t.test('has the types that its exports lead to, and they ask for no package', () => {
    const types = names.filter(name => name.endsWith('.d.ts'))
    assert.ok(types.length < 25, types.join('\n'))
    for (const name of types) {
      const text = packed.files.get(name)?.text ?? ''
      for (const [, specifier = ''] of text.matchAll(/^(?:(?:im|ex)port\b.*from |.*\bimport\()'([^']+)'/gm)) {
        if (specifier.startsWith('node:')) continue
        const file = normalize(join(dirname(name), specifier)).replace(/\.js$/, '.d.ts')
        assert.ok(types.includes(file), `${name} imports ${specifier}`)
      }
    }
  })

  await t.test(
    'every relative link of its documents leads to a file in it, and so does every picture',
    () => {
      const dead: string[] = []
      for (const [name, { text }] of packed.files) {
        if (!name.endsWith('.md')) continue
        for (const [, target = ''] of text.matchAll(/(?:\]\(<?|\bsrc(?:set)?=")([^)#>"\s]+)/g)) {
          if (/^[a-z]+:/.test(target)) continue
          const path = normalize(join(dirname(name), target)).replace(/\/$/, '')
          if (!names.some(file => file === path || file.startsWith(`${path}/`)))
            dead.push(`${name}: ${target}`)
        }
        // And so does each one to a heading.
        for (const [, target = '', anchor = ''] of text.matchAll(/\]\(<?([^):>\s]*)#([^)>\s]+)/g)) {
          const path = target === '' ? name : normalize(join(dirname(name), target))
          const other = packed.files.get(path)?.text ?? ''
          if (!headings(other).includes(anchor)) dead.push(`${name}: ${target}#${anchor}`)
        }
      }
      assert.deepEqual(dead, [])
    },
  )

  await t.test('is small', t => {
    const unpacked = [...packed.files.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    t.diagnostic(`${names.length} files, ${packed.bytes.length} bytes packed, ${unpacked} unpacked`)
    assert.ok(packed.bytes.length < MOST_BYTES, `${packed.bytes.length} bytes`)
  })

  await t.test('publint finds nothing', async () => {
    const tarball = new Uint8Array(packed.bytes).buffer
    const { messages } = await publint({ pack: { tarball }, level: 'suggestion', strict: true })
    assert.deepEqual(
      messages.map(message => formatMessage(message, own, { color: false })),
      [],
    )
  })
})

test('CONTRIBUTING.md knows each folder of the code, and names nothing that is not there', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter(entry => entry.isDirectory())
  const unknown = folders.filter(({ name }) => !text.includes(`\`${name}\``) && !text.includes(`\`${name}/`))
  assert.deepEqual(
    unknown.map(({ name }) => name),
    [],
  )
  const paths = [...text.matchAll(/`((?:src|test|docs|scripts)\/[\w./-]+|[\w-]+(?:\/[\w-]+)*\.ts)`/g)].map(
    ([, path = '']) => path,
  )
  assert.ok(paths.length > 20)
  const places = ['', 'src', 'src/listener']
  assert.deepEqual(
    paths.filter(path => !places.some(place => existsSync(join(root, place, path)))),
    [],
  )
})

test('the changelog has a place for what comes, or this version', () => {
  const [, top = ''] = /^## \[(.*?)\]/m.exec(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')) ?? []
  assert.ok(top === 'Unreleased' || top === own.version, top)
})

/** The names that a document's headings have in links, as GitHub makes them. */
function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}
