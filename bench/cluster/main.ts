/**
 * One, two and three nodes with a Redis between them, side by side with Socket.IO and its adapter for Redis Streams:
 * deliveries a second, what the hop through Redis adds, and what Redis bears. See bench/README.md.
 */
import { aboveOtherWork, canRun } from '../process.ts'
import { cases } from './cases.ts'
import { readOptions, usage } from './options.ts'

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) console.log(usage)
  else {
    for (const command of ['redis-server', 'taskset']) {
      if (!canRun(command)) throw new Error(`${command} is needed, and cannot be run`)
    }
    if (options.priority) aboveOtherWork()
    console.log(`Node ${process.version}, ${options.rounds} rounds, ${options.kinds.join(' and ')}\n`)
    for (const name of options.cases) if (!(await cases[name](options))) process.exitCode = 1
  }
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
