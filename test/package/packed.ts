/** The package as it would be published: packed from this working tree as it is built, once for each test file. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { cleanEnvironment, root, temporaryFolder } from '../support/gateway.ts'

export interface Packed {
  /** The tarball's path. */
  readonly file: string
  readonly bytes: Buffer
  readonly sha256: string
  /** The files in it, by their paths in the package. */
  readonly files: ReadonlyMap<string, PackedFile>
}

export interface PackedFile {
  readonly text: string
  readonly bytes: number
}

/** An environment for npm as a user has it, not as `npm test` sets it. */
export function npmEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(cleanEnvironment()).filter(([name]) => !/^npm_/i.test(name)))
}

/**
 * Packs a folder. What it has in dist/ is taken as it is: a build would pull it away from under the other tests.
 * @param folder with a package.json; this working tree when left out
 */
export async function pack(t: TestContext, folder = root): Promise<Packed> {
  const to = temporaryFolder(t)
  const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', to]
  const { stdout } = await promisify(execFile)('npm', words, { cwd: folder, env: npmEnvironment() })
  const file = join(to, stdout.trim())
  const bytes = readFileSync(file)
  return { file, bytes, sha256: createHash('sha256').update(bytes).digest('hex'), files: entries(bytes) }
}

/** The files of a tarball (ustar). npm puts them all below `package/`. */
function entries(tarball: Buffer): Map<string, PackedFile> {
  const tar = gunzipSync(tarball)
  const files = new Map<string, PackedFile>()
  const textAt = (from: number, to: number) => tar.toString('utf8', from, to).replace(/\0.*$/s, '')
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const [name, prefix] = [textAt(at, at + 100), textAt(at + 345, at + 500)]
    const bytes = Number.parseInt(textAt(at + 124, at + 136), 8)
    const path = (prefix === '' ? name : `${prefix}/${name}`).replace(/^package\//, '')
    files.set(path, { text: tar.toString('utf8', at + 512, at + 512 + bytes), bytes })
    at += 512 + Math.ceil(bytes / 512) * 512
  }
  return files
}
