/** Ctrl-C, for a command that goes on until then. */
let interrupt: AbortController | undefined

/** Aborted by the first Ctrl-C (SIGINT), which then ends nothing by itself; a second one ends the process. */
export function untilInterrupt(): AbortSignal {
  if (interrupt === undefined) {
    const made = new AbortController()
    process.once('SIGINT', () => made.abort())
    interrupt = made
  }
  return interrupt.signal
}
