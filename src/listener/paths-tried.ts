/** Where an import that leads nowhere would have been found, so that its appearing counts as a change. */
import { dirname, isAbsolute, join, resolve } from 'node:path'

const extensions = ['.ts', '.mts', '.tsx', '.js', '.mjs', '.cjs', '.jsx', '.json']

/** @param folder the folder of the importing file */
export function pathsTried(folder: string, asked: string): string[] {
  if (asked.startsWith('.') || isAbsolute(asked)) return filePaths(resolve(folder, asked))
  return packagePaths(folder, asked)
}

function filePaths(path: string): string[] {
  const paths = [path, ...extensions.map(extension => path + extension)]
  paths.push(...extensions.map(extension => join(path, `index${extension}`)))
  // TypeScript's way: `./file.js` may stand for file.ts.
  const written = /\.([cm]?)js(x?)$/
  if (written.test(path)) paths.push(path.replace(written, '.$1ts$2'), path.replace(/\.js$/, '.tsx'))
  return paths
}

function packagePaths(folder: string, asked: string): string[] {
  const name = asked.split('/', asked.startsWith('@') ? 2 : 1).join('/')
  const paths: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    paths.push(join(at, 'node_modules', name))
    if (at === dirname(at)) return paths
  }
}
