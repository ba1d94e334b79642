/** `gateway types`. */
import { existsSync, readFileSync } from 'node:fs'
import { type Command, EXIT, readOptions } from './command.ts'
import { print } from './output.ts'

export const types: Command = {
  summary: "print the listener's types, for an editor without the package",
  usage: '',
  options: {},
  help: `
Prints the types of a listener as one file that stands alone:

  gateway types > listener/gateway.d.ts`,
  async run(args) {
    readOptions(args, {})
    print(declaration(source()))
    return EXIT.done
  },
}

/** The types as they were built, or as they are written when this runs from its source. */
function source(): string {
  const files = ['types.d.ts', 'types.ts'].map(name => new URL(`../listener/${name}`, import.meta.url))
  const file = files.find(existsSync)
  if (file === undefined) throw new Error('the types are not part of this installation')
  return readFileSync(file, 'utf8')
}

const HEADER = `// The types of a listener of the WebSocket gateway, made by: gateway types
// Save it beside the listener, as gateway.d.ts.
`

/** What the types need of Node, for a project without @types/node. */
const NODE_TYPES = `type Buffer = typeof globalThis extends { Buffer: { alloc(size: number): infer B } }
  ? B
  : Uint8Array & { toString(encoding?: string): string }
type AbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean; addEventListener(type: 'abort', listener: () => void): void }
// Only what is marked so is exported.
export {}
`

function declaration(text: string): string {
  const body = text
    // The first comment is about the file, not about a type.
    .replace(/^\/\*\*[\s\S]*?@module[\s\S]*?\*\/\n/, '')
    .replace(/^[ \t]*\/\/ biome-ignore.*\n/gm, '')
    .trim()
  const inside = `${NODE_TYPES}\n${body}`.replace(/^(?=.)/gm, '  ')
  return `${HEADER}declare module 'websocket-gateway' {\n${inside}\n}\n`
}
