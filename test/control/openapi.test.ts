/**
 * docs/openapi.yaml against the running gateway: each of its operations, statuses and problems is brought about, and what
 * the gateway answers must be what is described, down to the last member. So neither can change without the other.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { operations as routes } from '../../src/control/routes.ts'
import { root } from '../support/gateway.ts'
import { withoutRedis } from '../support/redis.ts'
import { faultsAround } from './openapi/around.ts'
import { connections } from './openapi/cases/connections.ts'
import { everywhere } from './openapi/cases/everywhere.ts'
import { gateways } from './openapi/cases/gateways.ts'
import { lifeCycle } from './openapi/cases/life-cycle.ts'
import { logs } from './openapi/cases/logs.ts'
import { push } from './openapi/cases/push.ts'
import { troubles } from './openapi/cases/trouble.ts'
import { watching } from './openapi/cases/watching.ts'
import { type Content, description, operations, raw } from './openapi/document.ts'
import { misfit } from './openapi/schemas.ts'
import { startStages } from './openapi/stages.ts'
import { Walk } from './openapi/walk.ts'

/** What is not brought about, and why. */
const NOT_TRIED: Readonly<Record<string, string>> = {
  'GET /events 200 event.dropped': 'a caller must leave 4 MiB unread, which takes an hour',
  'GET /logs/events 200 event.dropped': 'the same',
}

test('it is OpenAPI, of this version', async () => {
  const { valid, errors } = await new Validator().validate({ ...raw })
  assert.ok(valid, JSON.stringify(errors))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.equal(description.info.version, version)
})

test('it has the routes of the code, and no others', () => {
  const known = routes.map(name => name.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}'))
  assert.deepEqual(operations.map(({ name }) => name).sort(), known.sort())
})

test('its examples fit their schemas', () => {
  const faults = operations.flatMap(({ name, requestBody, responses, parameters }) => [
    ...exampleFaults(`${name} request`, requestBody?.content),
    ...Object.entries(responses).flatMap(([status, { content }]) =>
      exampleFaults(`${name} ${status}`, content),
    ),
    ...parameters.flatMap(({ name: parameter, schema, example }) => {
      const fault = example === undefined ? undefined : misfit(schema, example)
      return fault === undefined ? [] : [`${name} ${parameter}: ${fault}`]
    }),
  ])
  assert.deepEqual(faults, [])
})

function exampleFaults(place: string, content: Content = {}): string[] {
  return Object.values(content).flatMap(({ schema = true, examples = {} }) =>
    Object.entries(examples).flatMap(([name, { value }]) => {
      const fault = misfit(schema, value)
      return fault === undefined ? [] : [`${place} ${name}: ${fault}`]
    }),
  )
}

test('the gateway answers as it is described', { skip: withoutRedis, timeout: 180_000 }, async t => {
  const stages = await startStages(t)
  const walk = new Walk(stages)
  await walk.all(everywhere)
  await walk.all(push, connections, lifeCycle, watching, logs, gateways)
  const around = await faultsAround(stages.main)
  const { body: served } = await stages.main.get('/openapi.json')
  for (const [cases, trouble] of troubles) {
    await trouble(stages)
    await walk.all(cases)
  }
  walk.findUnseen(NOT_TRIED)
  const faults = [...around, ...walk.faults]
  if (!isDeepStrictEqual(served, raw))
    faults.push('GET /openapi.json is not docs/openapi.yaml (npm run build)')
  if (faults.length > 0) assert.fail(faults.join('\n'))
})
