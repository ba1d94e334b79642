/** The process: first its signals, then the rest. */
import { onSignals } from './signals.ts'

const { run } = await import('./run.ts')
await run(onSignals)
