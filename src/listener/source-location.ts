/** Lets a bundled file know its own place: `import.meta.url` and the like are its own, not the bundle's. */
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The name by which a bundle resolves for `import.meta.resolve`. */
export const RESOLVE = '__gw_resolve'

/** What esbuild puts in place of each. */
export const locationNames: Readonly<Record<string, string>> = {
  'import.meta.url': '__gw_url',
  'import.meta.dirname': '__gw_dir',
  'import.meta.filename': '__gw_file',
  'import.meta.resolve': '__gw_here',
  __dirname: '__gw_dir',
  __filename: '__gw_file',
}

const mentions = /import\.meta|__dirname|__filename/
const strict = /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*(['"])use strict\1/

/** Puts the constants in front of a file that mentions its place, on its first line so that no line moves. */
export function withLocation(source: string, path: string): string {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source
  if (!mentions.test(text)) return text
  const file = JSON.stringify(path)
  const constants = [
    `__gw_url=${JSON.stringify(pathToFileURL(path).href)}`,
    `__gw_dir=${JSON.stringify(dirname(path))}`,
    `__gw_file=${file}`,
    `__gw_here=asked=>${RESOLVE}(asked,${file})`,
  ]
  // The directive must stay the first thing of its file, and a hashbang would be no longer one.
  const first = strict.test(text) ? '"use strict";' : ''
  return `${first}const ${constants.join(',')};${text.startsWith('#!') ? '//' : ''}${text}`
}
