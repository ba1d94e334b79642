/**
 * Servers side by side under the same load, each on one core, in turn, several rounds: prints the medians and
 * the medians of each round's ratios. See bench/README.md.
 */
import { aboveOtherWork, canRun } from '../process.ts'
import { type Case, cases } from './cases.ts'
import { type LoadResult, load, loadGenerator } from './load.ts'
import { type Options, readOptions, usage } from './options.ts'
import { report } from './report.ts'
import { prepare, type ServerName, servers, speaksEngineIo, startServer } from './servers.ts'

/** One server, one load. */
async function once(name: ServerName, of: Case, generator: string, options: Options): Promise<LoadResult> {
  const server = await startServer(name, options.server)
  try {
    const args = [
      ...of.args(options.secs),
      ...['--url', server.url(of.path), '--pids', String(server.pid), '--label', name],
      ...(speaksEngineIo(name) ? ['--eio'] : []),
    ]
    return await load(generator, options.loadCore, args, (options.secs + 60) * 1000)
  } finally {
    await server.stop()
  }
}

/** All rounds of one case. */
async function measure(
  of: Case,
  generator: string,
  options: Options,
): Promise<Map<ServerName, LoadResult[]>> {
  const results = new Map<ServerName, LoadResult[]>(options.servers.map(name => [name, []]))
  for (let round = 0; round < options.rounds; round++) {
    // Each begins a round in its turn, so that none always comes first.
    const first = round % options.servers.length
    for (const name of [...options.servers.slice(first), ...options.servers.slice(0, first)]) {
      const result = await once(name, of, generator, options)
      results.get(name)?.push(result)
      if (options.json || !result.ok) console.log(JSON.stringify(result))
    }
  }
  return results
}

/** @returns whether every message of every load arrived */
async function main(options: Options): Promise<boolean> {
  if (!canRun('taskset')) throw new Error('taskset (of util-linux) is needed to bind each server to one core')
  if (options.priority) aboveOtherWork()
  const generator = options.loadgen ?? loadGenerator()
  prepare(options.servers, options.server)
  console.log(
    `Node ${process.version}, ${options.rounds} rounds; the servers in turn on core ${options.server.core}, the load on core ${options.loadCore}\n`,
  )
  for (const name of options.servers) console.log(`  ${name.padEnd(9)} ${servers[name].about}`)
  console.log()
  let ok = true
  for (const name of options.cases) {
    const results = await measure(cases[name], generator, options)
    console.log(report(name, cases[name], results))
    for (const [server, all] of results) {
      if (all.every(result => result.ok)) continue
      ok = false
      console.log(`  ${server} lost, damaged, reordered or closed something: "ok" is false above\n`)
    }
  }
  return ok
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) console.log(usage)
  else if (!(await main(options))) process.exitCode = 1
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
