/** Start, stop, restart, reload. */
import type { Case, Cases } from './case.ts'

/** One after the other, since each changes the state. */
let last: Promise<unknown> = Promise.resolve()
const inTurn =
  (work: Case): Case =>
  stages => {
    const done = last.then(() => work(stages))
    last = done.catch(() => undefined)
    return done
  }

/** A call of a gateway that has just been started, or stopped. */
const after = (path: string, state: 'start' | 'stop'): Case =>
  inTurn(async ({ spare }) => {
    await spare.post(`/${state}`)
    return spare.post(path)
  })

export const lifeCycle: Cases = {
  'POST /start': {
    '200': after('/start', 'stop'),
    '200 noted': after('/start', 'start'),
    '409 disabled': s => s.disabled.post('/start'),
    '409 port': s => s.stopped.post('/start'),
    '409 refused': s => s.refused.post('/start'),
  },
  'POST /stop': {
    '200': after('/stop', 'start'),
    '200 noted': after('/stop', 'stop'),
  },
  'POST /restart': {
    '200': after('/restart', 'start'),
    '409 disabled': s => s.disabled.post('/restart'),
    '409 port': s => s.stopped.post('/restart'),
    '409 refused': s => s.refused.post('/restart'),
  },
  'POST /reload': {
    '200': after('/reload', 'start'),
    '409 stopped': s => s.disabled.post('/reload'),
    '409 noListener': s => s.bare.post('/reload'),
  },
}
