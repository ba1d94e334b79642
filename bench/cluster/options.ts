/** What the command line of bench/cluster takes. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { builtGateway } from '../fanout/servers.ts'
import { number, pick } from '../options.ts'
import { type CaseName, cases } from './cases.ts'
import { type KindName, kinds, type NodeOptions } from './nodes.ts'

export const usage = `usage: node --import tsx bench/cluster/main.ts [options]
  --cases A,B        ${Object.keys(cases).join(', ')}   [all]
  --kinds A,B        ${Object.keys(kinds).join(', ')}   [all]
  --rounds N         each once a round, in turn   [5]
  --secs T           how long each load is measured, after a second of warm-up   [3]
  --priority         above other work on the machine; needs root
  --gateway FILE     the gateway's main file   [dist/main.js]
  --node-arg=ARG     a flag for the nodes' node (repeatable); they are then ended by SIGTERM, so that they may write profiles
  --json             each single result as a line of JSON as well`

export interface Options {
  readonly cases: readonly CaseName[]
  readonly kinds: readonly KindName[]
  readonly rounds: number
  readonly secs: number
  readonly priority: boolean
  readonly json: boolean
  readonly nodes: NodeOptions
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
      kinds: { type: 'string', default: Object.keys(kinds).join() },
      rounds: { type: 'string', default: '5' },
      secs: { type: 'string', default: '3' },
      priority: { type: 'boolean', default: false },
      gateway: { type: 'string', default: builtGateway },
      'node-arg': { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  return {
    cases: pick('--cases', values.cases, cases),
    kinds: pick('--kinds', values.kinds, kinds),
    rounds: number('--rounds', values.rounds, 1, 100),
    secs: number('--secs', values.secs, 0.5, 60),
    priority: values.priority,
    json: values.json,
    nodes: { gateway: resolve(values.gateway), nodeArgs: values['node-arg'] },
  }
}
