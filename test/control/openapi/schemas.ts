/**
 * The schemas of the description, read strictly: an object may have what is described and nothing else, so that a member
 * that nobody has described is found. And which of the described ones have been seen, so that one that never comes is.
 */
import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { description, type Schema, target } from './document.ts'

const SCHEMAS = '#/components/schemas/'

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true })
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
ajv.addSchema({
  $id: 'api',
  whole: each(description.components.schemas, schema => strict(schema, false)),
  part: each(description.components.schemas, schema => strict(schema, true)),
})

const compiled = new Map<Schema, ValidateFunction>()

/** What is wrong with a value, in a line; undefined when it fits. */
export function misfit(schema: Schema, value: unknown): string | undefined {
  const validate = compiled.get(schema) ?? ajv.compile(strict(schema, false) as Exclude<Schema, boolean>)
  compiled.set(schema, validate)
  if (validate(value)) return undefined
  const faults = validate.errors?.map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
  return faults?.join(', ')
}

/** Members that have been seen, such as `Status.node`. */
const seen = new Set<string>()

/** Notes which of the described members a value has. */
export function note(schema: Schema, value: unknown, place: string): void {
  visit(schema, place, [value], (member, values) => {
    if (values.length > 0) seen.add(member)
  })
}

/** Described members that have not been seen. */
export function unseen(schema: Schema, place: string): string[] {
  const members: string[] = []
  visit(schema, place, undefined, member => {
    if (!seen.has(member)) members.push(member)
  })
  return members
}

/**
 * Goes through the members that a schema describes.
 * @param values to follow; undefined follows all that is described
 */
function visit(
  schema: unknown,
  place: string,
  values: readonly unknown[] | undefined,
  found: (member: string, values: readonly unknown[]) => void,
  above: readonly string[] = [],
): void {
  if (typeof schema !== 'object' || schema === null || values?.length === 0) return
  const { $ref, allOf, oneOf, anyOf, properties, items } = schema as Record<string, unknown>
  if (typeof $ref === 'string' && !above.includes($ref))
    visit(target($ref), $ref.slice(SCHEMAS.length), values, found, [...above, $ref])
  for (const part of listOf(allOf)) visit(part, place, values, found, above)
  for (const part of [...listOf(oneOf), ...listOf(anyOf)])
    visit(
      part,
      place,
      values?.filter(value => misfit(part as Schema, value) === undefined),
      found,
      above,
    )
  visit(items, place, values?.flatMap(listOf), found, above)
  for (const [name, member] of Object.entries(properties ?? {})) {
    if (member === false) continue
    const inner = values?.filter(value => typeof value === 'object' && value !== null && name in value)
    const members = inner?.map(value => (value as Record<string, unknown>)[name])
    found(`${place}.${name}`, members ?? [])
    visit(member, `${place}.${name}`, members, found, above)
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** @param isPart whether it is one of several that describe one object together, so that the others count as well */
function strict(schema: unknown, isPart: boolean): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(inner => strict(inner, isPart))
  const closed: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$ref') closed[key] = String(value).replace(SCHEMAS, `api#/${isPart ? 'part' : 'whole'}/`)
    else if (key === 'properties') closed[key] = each(value, member => strict(member, false))
    else if (['allOf', 'if', 'then', 'else', 'not'].includes(key)) closed[key] = strict(value, true)
    else if (key === 'oneOf' || key === 'anyOf') closed[key] = strict(value, isPart)
    else if (['items', 'additionalProperties', 'propertyNames'].includes(key))
      closed[key] = strict(value, false)
    else closed[key] = value
  }
  const isObject = 'properties' in schema || 'allOf' in schema
  if (!isPart && isObject && !('additionalProperties' in schema)) closed.unevaluatedProperties = false
  return closed
}

function each<T>(members: object, change: (member: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, change(member)]))
}
