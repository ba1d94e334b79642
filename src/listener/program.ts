/** Runs a bundle: a fresh evaluation each time, which the garbage collector can free. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { compileFunction, constants, runInThisContext } from 'node:vm'
import { PROVIDED } from './own-files.ts'
import { RESOLVE } from './source-location.ts'

/** Evaluates the listener and returns its `module.exports`. */
export type Program = () => unknown

/**
 * @param name what its stacks call it
 * @param entry the real path of the listener's file; computed imports resolve from there
 * @param modules what the gateway provides, by name
 */
export function compileProgram(
  code: string,
  name: string,
  entry: string,
  modules: Readonly<Record<string, object>>,
): Program {
  if (code.includes('import(')) forestallWarning()
  const evaluate = compileFunction(code, ['exports', 'require', 'module', PROVIDED, RESOLVE], {
    filename: name,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const require = requireFrom(entry, modules)
  const provided = (asked: string): unknown => modules[asked]
  const resolveFrom = (asked: string, from: string): string =>
    pathToFileURL(createRequire(from).resolve(asked)).href
  return () => {
    const module = { exports: {} }
    Reflect.apply(evaluate, module.exports, [module.exports, require, module, provided, resolveFrom])
    return module.exports
  }
}

let forestalled = false

/** Node warns once in a process that the constant above is experimental, at the first import; nobody can act on it. */
function forestallWarning(): void {
  if (forestalled) return
  forestalled = true
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    runInThisContext("import('node:vm')", {
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
  } finally {
    process.emitWarning = emitWarning
  }
}

function requireFrom(entry: string, modules: Readonly<Record<string, object>>): NodeJS.Require {
  const nodes = createRequire(entry)
  const require = (id: string): unknown => (Object.hasOwn(modules, id) ? modules[id] : nodes(id))
  return Object.assign(require, {
    cache: nodes.cache,
    extensions: nodes.extensions,
    main: nodes.main,
    resolve: nodes.resolve,
  })
}
