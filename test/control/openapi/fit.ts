/** Whether an answer is what the description says of its operation and status. */
import { isDeepStrictEqual } from 'node:util'
import { type Answer, eventsOf } from './ask.ts'
import { type MediaType, type Operation, operationAt, type Response } from './document.ts'
import { misfit, note } from './schemas.ts'

/** Headers of HTTP itself, which stand at every answer. */
const EVERYWHERE = [
  ...['cache-control', 'connection', 'content-length', 'content-type', 'date', 'keep-alive'],
  'transfer-encoding',
]

/** What is wrong with an answer. */
export function faultsOf(operation: Operation, answer: Answer): string[] {
  const { name, responses, isPassedOn } = operation
  const response = responses[answer.status]
  if (response !== undefined) {
    const caching = answer.headers['cache-control']
    return [
      ...responseFaults(response, answer, `${name} ${answer.status}`),
      ...(caching === 'no-store' ? [] : [`has Cache-Control: ${caching}`]),
    ]
  }
  const other = isPassedOn && operationAt(answer.method, answer.path.split('/').slice(3).join('/'))
  if (other) return faultsOf(other, answer)
  return [`is answered with ${answer.status}, which is not described: ${answer.text.trim()}`]
}

/** The same for a response that belongs to no operation. */
export function responseFaults(response: Response, answer: Answer, place: string): string[] {
  return [...headerFaults(response, answer, place), ...contentFaults(response, answer, place)]
}

function headerFaults({ headers = {} }: Response, answer: Answer, place: string): string[] {
  const faults: string[] = []
  const known = new Set([...EVERYWHERE, ...Object.keys(headers).map(name => name.toLowerCase())])
  for (const name of Object.keys(answer.headers))
    if (!known.has(name)) faults.push(`has a header that is not described: ${name}`)
  for (const [name, { required, schema }] of Object.entries(headers)) {
    const text = answer.headers[name.toLowerCase()]
    if (text === undefined) {
      if (required) faults.push(`has no header ${name}`)
      continue
    }
    const fault = misfit(schema, valueIn(text, schema))
    if (fault !== undefined) faults.push(`the header ${name} is ${text}: ${fault}`)
    note({ properties: { [name]: schema } }, { [name]: text }, `${place} header`)
  }
  return faults
}

/** What a text is in a header or a query, by its schema. */
export function valueIn(text: string, schema: unknown): unknown {
  const isNumber =
    typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'integer'
  return isNumber && text !== '' ? Number(text) : text
}

function contentFaults({ content = {} }: Response, answer: Answer, place: string): string[] {
  const type = answer.headers['content-type'] ?? ''
  const media = content[type]
  if (media === undefined) return [`is of type ${type}, described is ${Object.keys(content).join(', ')}`]
  if (answer.method === 'HEAD') return answer.text === '' ? [] : ['has a body although it was asked by HEAD']
  const faults = media['x-events'] === undefined ? [] : eventFaults(media['x-events'], answer.text, place)
  const { schema = true } = media
  const value = type.includes('json') ? answer.body : answer.text
  const fault = misfit(schema, value)
  if (fault !== undefined) faults.push(`does not fit: ${fault} ${answer.text.slice(0, 1000).trim()}`)
  note(schema, value, place)
  return faults
}

function eventFaults(events: NonNullable<MediaType['x-events']>, text: string, place: string): string[] {
  return eventsOf(text).flatMap(({ event, data }) => {
    const schema = events[event]
    if (schema === undefined) return [`has an event that is not described: ${event}`]
    const fault = misfit(schema, data)
    if (fault !== undefined) return [`the event ${event} does not fit: ${fault} ${JSON.stringify(data)}`]
    note({ properties: { [event]: schema } }, { [event]: data }, `${place} event`)
    return []
  })
}

/**
 * What an answer differs in from the example of this name.
 * @param names what stands in the examples for what is another one each time, such as an id
 */
export function exampleFaults(
  { responses }: Operation,
  answer: Answer,
  name: string,
  names: ReadonlyMap<string, string>,
): string[] {
  const media = responses[answer.status]?.content?.[answer.headers['content-type'] ?? '']
  const example = media?.examples?.[name]
  if (example === undefined) return [`has no example ${name} in the description`]
  let text = JSON.stringify(answer.body)
  for (const [real, shown] of names) text = text.replaceAll(real, shown)
  return isDeepStrictEqual(JSON.parse(text), example.value)
    ? []
    : [`is not the example ${name}: ${text}, described is ${JSON.stringify(example.value)}`]
}
