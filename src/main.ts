#!/usr/bin/env node
/** The process: first its signals, then the rest. */
import { onSignals } from './signals.ts'
import { withoutWords } from './words.ts'

withoutWords(process.argv.slice(2))
const { run } = await import('./run.ts')
await run(onSignals)
