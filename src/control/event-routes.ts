/** What happens, as server-sent events. */
import { COLUMNS } from '../vitals/vitals.ts'
import type { Answer, Call } from './call.ts'

/** The status and the vitals of each second, after those of the last ten minutes. */
export function watchStatus({ gateway }: Call): Answer {
  return {
    status: 200,
    stream: events =>
      new Promise(resolve => {
        const { vitals } = gateway
        if (events.signal.aborted) return resolve()
        events.send('history', { columns: COLUMNS, rows: vitals.rows })
        events.send('status', gateway.status())
        const unfollow = vitals.onRow(row => {
          events.send('sample', row)
          events.send('status', gateway.status())
        })
        events.signal.addEventListener('abort', () => {
          unfollow()
          resolve()
        })
      }),
  }
}
