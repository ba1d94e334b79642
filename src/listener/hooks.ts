/** Picks the hooks out of what a listener exports. */
import { types } from 'node:util'
import { ListenerLoadError, type PresenceEvent } from './listener.ts'

/** The name of a hook; one that is required must be there (`WS_LISTENER_ON_…` was given). */
export interface HookName {
  readonly name: string
  readonly required: boolean
}

/** The names of the hooks that the gateway calls for events. */
export interface HookNames {
  readonly handshake: HookName
  readonly open: HookName
  readonly close: HookName
  readonly message: HookName
}

/** A function of the listener, ready to be called. */
export interface Hook {
  readonly name: string
  /** The object that it is a method of. */
  readonly self: unknown
  readonly run: (this: unknown, ...args: unknown[]) => unknown
}

/** Events whose hooks' names can be chosen. */
export type NamedEvent = keyof HookNames

/** Hooks with fixed names: of presence, and of the life cycle. */
const fixed = {
  groupJoin: 'onGroupJoin',
  groupLeave: 'onGroupLeave',
  load: 'onLoad',
  unload: 'onUnload',
  error: 'onError',
} as const

/** What a listener can be told with `data`. */
export type Event = NamedEvent | PresenceEvent

export type Hooks = Readonly<Partial<Record<NamedEvent | keyof typeof fixed, Hook>>>

/**
 * @param exported the module's `module.exports`
 * @throws ListenerLoadError when it exports something else than a listener
 */
export function pickHooks(exported: unknown, names: HookNames): Hooks {
  if (typeof exported === 'function') throw new ListenerLoadError(functionFault('module.exports', exported))
  const named = isObject(exported) ? exported : {}
  const isEsModule = '__esModule' in named
  const standard: unknown = Reflect.get(named, 'default')
  if (isClass(standard)) throw new ListenerLoadError(functionFault('the default export', standard))
  if (types.isPromise(standard) || types.isPromise(exported)) {
    throw new ListenerLoadError(
      'the listener exports a promise: export the object itself, and await in onLoad',
    )
  }
  const find = (name: string): Hook | undefined =>
    (name === 'default' ? undefined : inNamed(named, name, isEsModule)) ??
    (isObject(standard) ? inObject(standard, name) : undefined)

  const hooks: Partial<Record<keyof Hooks, Hook>> = {}
  for (const event of ['handshake', 'open', 'close', 'message'] as const) {
    const hook = find(names[event].name)
    if (hook !== undefined) hooks[event] = hook
    else if (names[event].required) throw new ListenerLoadError(missing(event, names[event].name))
  }
  for (const event of Object.keys(fixed) as (keyof typeof fixed)[]) {
    const hook = find(fixed[event])
    if (hook !== undefined) hooks[event] = hook
  }
  if (typeof standard === 'function' && Object.keys(hooks).length === 0) {
    throw new ListenerLoadError(functionFault('the default export', standard))
  }
  return hooks
}

/** The names of the hooks that are there. */
export function namesOf(hooks: Hooks): string[] {
  return Object.values(hooks).map(hook => hook.name)
}

function inNamed(exported: object, name: string, isEsModule: boolean): Hook | undefined {
  if (!isEsModule) return inObject(exported, name)
  if (!Object.hasOwn(exported, name)) return undefined
  // A binding that is exported by its name promises a function.
  return hookOf(Reflect.get(exported, name), name, undefined)
}

/** A method of an object, its own or its class's. */
function inObject(holder: object, name: string): Hook | undefined {
  const value: unknown = Reflect.get(holder, name)
  if (value === undefined || value === Reflect.get(Object.prototype, name)) return undefined
  return hookOf(value, name, holder)
}

function hookOf(value: unknown, name: string, self: unknown): Hook {
  if (!isFunction(value)) {
    const kind = value === null ? 'null' : `of type ${typeof value}`
    throw new ListenerLoadError(`the listener's ${name} is ${kind}, but must be a function`)
  }
  if (isClass(value)) throw new ListenerLoadError(`the listener's ${name} is a class, but must be a function`)
  return { name, self, run: value }
}

function missing(event: NamedEvent, name: string): string {
  return `the listener has no function ${name}, which WS_LISTENER_ON_${event.toUpperCase()} asks for`
}

function functionFault(what: string, value: unknown): string {
  const name = typeof value === 'function' && value.name !== '' ? value.name : 'Listener'
  if (isClass(value)) return `${what} is the class ${name}, not an instance of it: export \`new ${name}()\``
  return `${what} is a function: export the hooks by their names, or as the methods of an object`
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

function isFunction(value: unknown): value is Hook['run'] {
  return typeof value === 'function'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
