/**
 * Many small groups and one big one: how long it takes to join and leave, what a membership takes of memory, and what
 * it costs to deliver to one of many groups. 10,000 real connections, each server on one core, the load on the other.
 * `node --import tsx bench/groups/main.ts [--rounds N] [--secs S]`, see bench/README.md.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { load, loadGenerator } from '../fanout/load.ts'
import { builtGateway } from '../fanout/servers.ts'
import { median, table, times } from '../measure.ts'
import { number, pick } from '../options.ts'
import { aboveOtherWork, onCore, start, stop } from '../process.ts'
import { type KindName, kinds, type Memberships, type Server, startServer, type Way } from './servers.ts'
import { structure } from './structure.ts'

const COUNTS = [100, 1000, 10_000] as const
const MOST = 10_000
const SHAPES = ['own', 'one'] as const
const [SERVER_CORE, LOAD_CORE] = ['1', '0'] as const
const LOAD_MS = 120_000
/** What a load holds open while others are measured; it is ended before. */
const HOLD_SECS = '600'

type Shape = (typeof SHAPES)[number]

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: 'structure,memberships,one-of-many,big' },
    kinds: { type: 'string', default: Object.keys(kinds).join() },
    rounds: { type: 'string', default: '5' },
    secs: { type: 'string', default: '3' },
    priority: { type: 'boolean', default: false },
    gateway: { type: 'string', default: builtGateway },
    'node-arg': { type: 'string', multiple: true, default: [] },
  },
})
const rounds = number('--rounds', values.rounds, 1, 100)
const secs = number('--secs', values.secs, 0.5, 60)
const names = pick('--kinds', values.kinds, kinds)
const options = { gateway: resolve(values.gateway), nodeArgs: values['node-arg'], core: SERVER_CORE }
const NAMES: Readonly<Record<KindName, string>> = { gateway: 'gateway', socketio: 'Socket.IO' }
const SHAPE_NAMES: Readonly<Record<Shape, string>> = { own: 'a group each', one: 'one group' }
const count = (value: number): string => Math.round(value).toLocaleString('en-US')

/** What was found under a name, by rounds. */
class Found<T> {
  readonly #found = new Map<string, T[]>()

  add(name: string, value: T): void {
    const values = this.#found.get(name)
    if (values === undefined) this.#found.set(name, [value])
    else values.push(value)
  }

  get names(): string[] {
    return [...this.#found.keys()]
  }

  all(name: string, by: (one: T) => number): number[] {
    return (this.#found.get(name) ?? []).map(by)
  }

  median(name: string, by: (one: T) => number): number {
    return median(this.all(name, by))
  }

  ratio(of: string, to: string, by: (one: T) => number): number {
    const others = this.all(to, by)
    return median(this.all(of, by).map((value, round) => value / (others[round] ?? Number.NaN)))
  }
}

const variant = (who: string, shape: Shape, of: number): string =>
  `${who}, ${count(of)} in ${SHAPE_NAMES[shape]}`

function printMemberships(about: string, found: Found<Memberships>): void {
  const rows = found.names.map(name => {
    const small = name.replace(/[\d,]+ in/, '100 in')
    return [
      name,
      ...[count(found.median(name, one => one.joinNs)), times(found.ratio(name, small, one => one.joinNs))],
      ...[count(found.median(name, one => one.leaveNs)), times(found.ratio(name, small, one => one.leaveNs))],
      // Of few, it is lost among what else the process does.
      name.includes(count(MOST)) ? count(found.median(name, one => one.bytes)) : '',
    ]
  })
  console.log(about)
  console.log(`${table([['', 'join ns', '× 100', 'leave ns', '× 100', 'bytes each'], ...rows])}\n`)
}

/** The data structure by itself. */
async function ofStructure(): Promise<void> {
  const found = new Found<Memberships>()
  for (let round = -1; round < rounds; round++) {
    for (const shape of SHAPES) {
      for (const of of COUNTS) {
        const measured = structure(of, shape)
        // The first round is for the compiler.
        if (round >= 0) found.add(variant('two maps', shape, of), measured)
      }
    }
  }
  printMemberships('structure: the maps without connections, one operation', found)
}

/** Opens clients and keeps them open meanwhile. */
async function holding<T>(
  server: Server,
  kind: KindName,
  clients: number,
  then: () => Promise<T>,
): Promise<T> {
  const generator = loadGenerator()
  const words = ['idle', '--n', String(clients), '--settle', HOLD_SECS, '--url', server.url('everyone')]
  const command = [generator, ...words, ...(kinds[kind].engineIo ? ['--eio'] : [])]
  const holder = start(onCore(LOAD_CORE, command), { stdio: 'ignore' })
  try {
    await server.filled(clients)
    return await then()
  } finally {
    await stop(holder)
  }
}

/** Real connections of a real process join and leave: of a new process each time, as what is kept is not new twice. */
async function ofMemberships(): Promise<void> {
  const found = new Found<Memberships>()
  const variants = names.flatMap(kind =>
    (kinds[kind].hasUsers ? [false, true] : [false]).map(users => ({ kind, users })),
  )
  const measureAll = async (server: Server, who: string, groups: Shape): Promise<void> => {
    const once = async (connections: number) =>
      (await server.order({
        order: 'memberships',
        connections,
        groups,
        times: (2 * MOST) / connections,
      })) as unknown as Memberships
    // The first time is for the compiler, and to see what each takes.
    const { bytes } = await once(MOST)
    for (const connections of COUNTS)
      found.add(variant(who, groups, connections), { ...(await once(connections)), bytes })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { kind, users } of variants) {
      for (const shape of SHAPES) {
        const server = await startServer(kind, options)
        try {
          await holding(server, kind, MOST, async () => {
            if (users) await server.order({ order: 'identify' })
            await measureAll(server, `${NAMES[kind]}${users ? ' with users' : ''}`, shape)
          })
        } finally {
          await server.stop()
        }
      }
    }
  }
  printMemberships(`memberships: ${count(MOST)} connections of a process, one call of join or leave`, found)
}

interface Delivered {
  readonly perSecond: number
  readonly cpu: number
}

/** One load on a server of its own. */
async function deliver(kind: KindName, way: Way, words: readonly string[], by: string): Promise<Delivered> {
  const server = await startServer(kind, options)
  try {
    const all = [
      ...[...words, '--size', '128', '--warm', '1', '--secs', String(secs), '--url', server.url(way)],
      ...['--pids', String(server.pid), '--label', way, ...(kinds[kind].engineIo ? ['--eio'] : [])],
    ]
    const result = await load(loadGenerator(), LOAD_CORE, all, LOAD_MS)
    if (!result.ok) {
      console.log(`  ${NAMES[kind]}, ${way}: something was lost: ${JSON.stringify(result)}`)
      process.exitCode = 1
    }
    return { perSecond: Number(result[by]), cpu: Number(result.server_cpu) }
  } finally {
    await server.stop()
  }
}

const has = (kind: KindName, way: Way): boolean => (kinds[kind].ways as readonly Way[]).includes(way)

/** Each client gets its own message back: by its group of one member, or without groups. */
async function ofOneOfMany(): Promise<void> {
  const found = new Found<Delivered>()
  const ways: readonly Way[] = ['own-group', 'connection', 'filter']
  const name = (kind: KindName, way: Way, of: number): string =>
    `${NAMES[kind]}, ${count(of)} clients, ${way}`
  for (let round = 0; round < rounds; round++) {
    for (const kind of names) {
      for (const of of COUNTS) {
        for (const way of ways) {
          if (!has(kind, way)) continue
          const words = ['echo', '--n', String(of)]
          found.add(name(kind, way, of), await deliver(kind, way, words, 'msgs_per_s'))
        }
      }
    }
  }
  const rows = names.flatMap(kind =>
    COUNTS.flatMap(of =>
      ways
        .filter(way => has(kind, way))
        .map(way => {
          const one = name(kind, way, of)
          return [
            one,
            count(found.median(one, each => each.perSecond)),
            times(found.ratio(one, name(kind, 'connection', of), each => each.perSecond)),
            times(found.ratio(one, name('socketio', way, of), each => each.perSecond)),
            found.median(one, each => each.cpu).toFixed(2),
          ]
        }),
    ),
  )
  console.log('one of many: each client is in a group of its own and gets its own messages, 128 B')
  console.log(`${table([['', 'messages/s', '× connection', '× Socket.IO', 'server cpu'], ...rows])}\n`)
}

/** Everyone is in one group. */
async function ofBig(): Promise<void> {
  const found = new Found<Delivered>()
  const ways: readonly Way[] = ['one-group', 'everyone']
  const name = (kind: KindName, way: Way): string => `${NAMES[kind]}, ${way}`
  for (let round = 0; round < rounds; round++) {
    for (const kind of names) {
      for (const way of ways) {
        const words = ['fanout', '--n', String(MOST - 1), '--window', '16']
        found.add(name(kind, way), await deliver(kind, way, words, 'deliveries_per_s'))
      }
    }
  }
  const rows = names.flatMap(kind =>
    ways.map(way => {
      const one = name(kind, way)
      return [
        one,
        count(found.median(one, each => each.perSecond)),
        times(found.ratio(one, name(kind, 'everyone'), each => each.perSecond)),
        times(found.ratio(one, name('socketio', way), each => each.perSecond)),
        found.median(one, each => each.cpu).toFixed(2),
      ]
    }),
  )
  console.log(`big: ${count(MOST)} clients in one group, 128 B, 16 messages in flight`)
  console.log(`${table([['', 'deliveries/s', '× everyone', '× Socket.IO', 'server cpu'], ...rows])}\n`)
}

const cases = {
  structure: ofStructure,
  memberships: ofMemberships,
  'one-of-many': ofOneOfMany,
  big: ofBig,
} as const

if (values.priority) aboveOtherWork()
console.log(`Node ${process.version}, ${rounds} rounds, ${names.join(' and ')}\n`)
for (const name of pick('--cases', values.cases, cases)) await cases[name]()
