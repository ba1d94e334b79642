/** The way through all cases, and what has been seen on it. */
import type { Answer } from './ask.ts'
import type { Cases } from './cases/case.ts'
import { type Operation, operations, type Parameter, pathParameters, type Response } from './document.ts'
import { exampleFaults, faultsOf, valueIn } from './fit.ts'
import { misfit, unseen } from './schemas.ts'
import type { Stages } from './stages.ts'

export class Walk {
  /** What is wrong. */
  readonly faults: string[] = []
  readonly #stages: Stages
  /** Operations with a status, an example or a parameter that have come. */
  readonly #seen = new Set<string>()

  constructor(stages: Stages) {
    this.#stages = stages
  }

  /** All operations at a time, and the cases of each one after the other. */
  async all(...tables: Cases[]): Promise<void> {
    await Promise.all(
      tables.flatMap(table =>
        Object.entries(table).map(async ([name, cases]) => {
          const operation = operations.find(known => known.name === name)
          if (operation === undefined) return void this.faults.push(`${name} is not described`)
          for (const [key, bringAbout] of Object.entries(cases)) {
            const [status = '', ...words] = key.split(' ')
            this.#look(operation, status, words.join(' '), await bringAbout(this.#stages))
          }
        }),
      ),
    )
  }

  #look(operation: Operation, status: string, name: string, answer: Answer): void {
    const { names } = this.#stages
    const faults = faultsOf(operation, answer)
    if (String(answer.status) !== status) faults.push(`is ${answer.status}: ${answer.text.trim()}`)
    // Of successes, an example shows what may come; of problems, it is what comes.
    else if (answer.status >= 400 && name !== '')
      faults.push(...exampleFaults(operation, answer, name, names))
    if (answer.status < 300) faults.push(...bodyFaults(operation, answer))
    for (const parameter of operation.parameters)
      faults.push(...this.#parameter(operation, parameter, name, answer))
    for (const fault of faults) this.faults.push(`${operation.name} ${status} ${name}: ${fault}`)
    this.#seen.add(`${operation.name} ${status}`).add(`${operation.name} ${status} ${name}`)
    if (operation.isPassedOn) this.#seen.add(`${operation.name} default`)
  }

  /** What is taken must fit the parameter's schema; what is refused, in an example of the parameter's name, must not. */
  #parameter(
    operation: Operation,
    { name, schema, in: place }: Parameter,
    example: string,
    answer: Answer,
  ): string[] {
    const text =
      place === 'header'
        ? answer.asked.headers?.[name.toLowerCase()]
        : place === 'path'
          ? pathParameters(operation, answer.path)[name]
          : (new URL(answer.path, 'http://gateway').searchParams.get(name) ?? undefined)
    if (text === undefined) return []
    const fault = misfit(schema, valueIn(place === 'path' ? decoded(text) : text, schema))
    if (answer.status >= 400) {
      const isRefused = example === name && answer.status === 400
      return isRefused && fault === undefined ? [`${name}=${text} is refused, and fits its schema`] : []
    }
    this.#seen.add(`${operation.name} ${name}`)
    return fault === undefined ? [] : [`${name}=${text} is taken, and does not fit its schema: ${fault}`]
  }

  /** Whatever is described must have come. @param excused what may not have, by its name */
  findUnseen(excused: Readonly<Record<string, string>>): void {
    const wanted = new Set<string>()
    for (const { name, parameters, responses, isPassedOn } of operations) {
      for (const parameter of parameters) wanted.add(`${name} ${parameter.name}`)
      for (const [status, response] of Object.entries(responses)) {
        if (status === 'default' && !isPassedOn) continue
        wanted.add(`${name} ${status}`)
        for (const problem of problemsOf(response)) wanted.add(`${name} ${status} ${problem}`)
        for (const member of membersOf(response, `${name} ${status}`)) wanted.add(member)
      }
    }
    for (const one of wanted)
      if (!this.#seen.has(one) && !(one in excused)) this.faults.push(`${one}: is described, and never comes`)
    for (const one of Object.keys(excused))
      if (!wanted.has(one) || this.#seen.has(one)) this.faults.push(`${one}: needs no excuse`)
  }
}

/** What is taken must fit the schema of the request's body. */
function bodyFaults({ requestBody }: Operation, { asked: { headers, body } }: Answer): string[] {
  if (requestBody === undefined || typeof body !== 'string') return []
  const type = headers?.['content-type'] ?? 'application/json'
  const schema = requestBody.content[type]?.schema
  if (schema === undefined) return [`takes a body of type ${type}, which is not described`]
  const fault = misfit(schema, type === 'application/json' ? JSON.parse(body) : body)
  return fault === undefined ? [] : [`takes a body that does not fit its schema: ${fault}`]
}

/** The names of a response's problems. */
function problemsOf({ content = {} }: Response): string[] {
  return Object.keys(content['application/problem+json']?.examples ?? {})
}

/** The members of a response's body, headers and events that have not come. */
function membersOf({ headers = {}, content = {} }: Response, place: string): string[] {
  const bodies = Object.values(content).flatMap(({ schema = true, 'x-events': events = {} }) => [
    ...unseen(schema, place),
    ...unseen({ properties: events }, `${place} event`),
  ])
  const schemas = Object.fromEntries(Object.entries(headers).map(([name, { schema }]) => [name, schema]))
  return [...bodies, ...unseen({ properties: schemas }, `${place} header`)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
