/**
 * The process's signals. Imported before anything heavy: a SIGTERM in the first half second would otherwise
 * end the process without a word, and as PID 1 of a container it would be ignored.
 */

/** Exit status of a process that a signal ended, as shells tell it. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const

type StopSignal = keyof typeof EXIT_BY_SIGNAL

/** What the signals do; set once the gateway is up, and called at once for what came before. */
export interface SignalHandlers {
  stop(signal: StopSignal): void
  hangUp(): void
}

let handlers: SignalHandlers | undefined
let stopped: StopSignal | undefined

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopped !== undefined) process.exit(EXIT_BY_SIGNAL[signal])
    stopped = signal
    handlers?.stop(signal)
  })
}
process.on('SIGHUP', () => handlers?.hangUp())

/** Says what the signals do from here on. */
export function onSignals(given: SignalHandlers): void {
  handlers = given
  if (stopped !== undefined) given.stop(stopped)
}
