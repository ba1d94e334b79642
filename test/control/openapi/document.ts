/** docs/openapi.yaml, as the tests read it: its references resolved, but for those in schemas. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../../support/gateway.ts'

export type Schema = boolean | { readonly [keyword: string]: unknown }

export interface Example {
  readonly value: unknown
}

export interface MediaType {
  readonly schema?: Schema
  readonly examples?: Readonly<Record<string, Example>>
  /** Of server-sent events: the schema of each event's data. */
  readonly 'x-events'?: Readonly<Record<string, Schema>>
}

export type Content = Readonly<Record<string, MediaType>>

export interface Header {
  readonly required?: boolean
  readonly schema: Schema
}

export interface Response {
  readonly headers?: Readonly<Record<string, Header>>
  readonly content?: Content
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
  readonly example?: unknown
}

/** One operation: a route and a method. */
export interface Operation {
  /** Such as `GET /status`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, Response>>
  /** Whether it needs no token over TCP. */
  readonly isOpen: boolean
  /** Whether its answers are another gateway's. */
  readonly isPassedOn: boolean
}

interface PathItem {
  readonly parameters?: readonly Parameter[]
  readonly [method: string]: unknown
}

interface OperationObject extends Pick<Operation, 'requestBody' | 'responses'> {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly security?: readonly object[]
}

interface Description {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly responses: Readonly<Record<string, Response>>
  }
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch']
/** What is no part of the description's structure, but has an own one. */
const OPAQUE = ['schema', 'schemas', 'value', 'x-events']

/** The document as it is. */
export const raw: object = parse(readFileSync(join(root, 'docs', 'openapi.yaml'), 'utf8'))

export const description = resolved(raw) as Description

export const operations: readonly Operation[] = Object.entries(description.paths).flatMap(([path, item]) =>
  METHODS.filter(method => method in item).map(key => {
    const operation = item[key] as OperationObject
    const method = key.toUpperCase()
    return {
      ...operation,
      ...{ name: `${method} ${path}`, method, path },
      parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])],
      isOpen: operation.security?.length === 0,
      isPassedOn: path.endsWith('/{path}'),
    }
  }),
)

/** The operation that a call is one of. @param path with its query, and with or without the slash that it begins with */
export function operationAt(method: string, path: string): Operation | undefined {
  const [plain = ''] = path.replace(/^\/?/, '/').split('?')
  const known = method === 'HEAD' ? 'GET' : method
  return operations.find(operation => operation.method === known && pattern(operation).test(plain))
}

/** The parts of a call's path that are parameters. */
export function pathParameters(operation: Operation, path: string): Readonly<Record<string, string>> {
  return pattern(operation).exec(path.replace(/\?.*/, ''))?.groups ?? {}
}

function pattern({ path, isPassedOn }: Operation): RegExp {
  const parts = path.replace(/\./g, '\\.').replace(/\{(.*?)\}/g, '(?<$1>[^/]+)')
  return new RegExp(`^${isPassedOn ? parts.replace(/\[\^\/\]\+\)$/, '.+)') : parts}$`)
}

/** The path of an operation, with its parameters' examples in it. */
export function samplePath({ path, parameters }: Operation): string {
  return path.replace(/\{(.*?)\}/g, (_, name: string) =>
    String(parameters.find(parameter => parameter.name === name)?.example),
  )
}

/** What a reference names. */
export function target(reference: string): unknown {
  let found: unknown = raw
  for (const part of reference.replace(/^#\//, '').split('/'))
    found = (found as Record<string, unknown>)[part]
  if (found === undefined) throw new Error(`nothing is at ${reference}`)
  return found
}

function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved)
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value && typeof value.$ref === 'string') return resolved(target(value.$ref))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, OPAQUE.includes(key) ? inner : resolved(inner)]),
  )
}
