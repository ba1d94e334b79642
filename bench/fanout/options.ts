/** What the command line of bench/fanout takes. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { number, pick } from '../options.ts'
import { type CaseName, cases } from './cases.ts'
import { builtGateway, type ServerName, type ServerOptions, servers } from './servers.ts'

export const usage = `usage: node --import tsx bench/fanout/main.ts [options]
  --cases A,B        ${Object.keys(cases).join(', ')}   [all]
  --servers A,B      ${Object.keys(servers).join(', ')}   [all]
  --rounds N         each server once a round, in turn   [5]
  --secs T           how long each load is measured, after a second of warm-up   [3]
  --cores S,L        the servers' core, and the load's   [1,0]
  --priority         above other work on the machine; needs root
  --gateway FILE     the gateway's main file   [dist/main.js]
  --loadgen FILE     a built load generator   [built from ../shared/bench/loadgen.cpp]
  --node-arg=ARG     a flag for the servers' node (repeatable)
  --json             each single result as a line of JSON as well`

export interface Options {
  readonly cases: readonly CaseName[]
  readonly servers: readonly ServerName[]
  readonly rounds: number
  readonly secs: number
  readonly loadCore: string
  readonly priority: boolean
  readonly loadgen: string | undefined
  readonly json: boolean
  readonly server: ServerOptions
}

/**
 * Reads the command line.
 * @returns undefined when help is asked for
 * @throws an Error that says what is wrong with it
 */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string', default: Object.keys(cases).join() },
      servers: { type: 'string', default: Object.keys(servers).join() },
      rounds: { type: 'string', default: '5' },
      secs: { type: 'string', default: '3' },
      cores: { type: 'string', default: '1,0' },
      priority: { type: 'boolean', default: false },
      gateway: { type: 'string', default: builtGateway },
      loadgen: { type: 'string' },
      'node-arg': { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const [core = '', loadCore = '', ...more] = values.cores.split(',')
  if (core === '' || loadCore === '' || core === loadCore || more.length > 0) {
    throw new Error(`--cores takes two cores, such as 1,0, got ${values.cores}`)
  }
  return {
    cases: pick('--cases', values.cases, cases),
    servers: pick('--servers', values.servers, servers),
    rounds: number('--rounds', values.rounds, 1, 100),
    secs: number('--secs', values.secs, 0.5, 60),
    loadCore,
    priority: values.priority,
    loadgen: values.loadgen,
    json: values.json,
    server: { core, gateway: resolve(values.gateway), nodeArgs: values['node-arg'] },
  }
}
