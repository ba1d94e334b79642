// The types that the package ships: those that its exports lead to, and no others. What only the code behind
// them needs would ask every user for the types of its packages.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** An import or export of a file of our own, as TypeScript writes it: with the source's name. */
const OWN = /((?:from|import\()\s*')(\.[^']*)\.ts(')/g

/** The file of types that a specifier leads to. */
const typesOf = (from, specifier) => `${resolve(dirname(from), specifier)}.d.ts`

/**
 * Keeps the types that are reached from the given ones, and removes all others.
 * @param dist the folder of the build
 * @param entries the files of types that package.json names, by their paths
 */
export function keepTypes(dist, entries) {
  const kept = new Set()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (kept.has(file)) continue
    kept.add(file)
    const text = readFileSync(file, 'utf8')
    for (const [, , specifier] of text.matchAll(OWN)) waiting.push(typesOf(file, specifier))
    // A compiler that is older than ours takes the name of the built file alone.
    writeFileSync(file, text.replaceAll(OWN, '$1$2.js$3'))
  }
  for (const name of readdirSync(dist, { recursive: true })) {
    const file = join(dist, name)
    if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file)
  }
}
