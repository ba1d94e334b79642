/** The lines of WebSocket.log. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../../../support/eventually.ts'
import type { Stage } from '../stage.ts'
import type { Cases } from './case.ts'
import { listened, until } from './listening.ts'

/** Each filter, so that lines are left that fit all of them. */
const FILTERS = 'level=info&event=client.*&gateway=websocket&text=CONNECTED'

/** So many callers search the log at a time (src/control/server.ts); of more than that, some come too soon. */
const MORE_THAN_SEARCH = 12

/** Writes so much into the log of a stage that a search takes its time. */
function fill({ process }: Stage): void {
  const line = JSON.stringify({
    level: 30,
    time: 0,
    gateway: 'other',
    event: 'filler',
    msg: 'x'.repeat(4000),
  })
  appendFileSync(join(process.folder, 'logs', 'WebSocket.log'), `${line}\n`.repeat(8000))
}

export const logs: Cases = {
  'GET /logs': {
    '200': s => s.main.get('/logs?limit=1000'),
    '200 filtered': async s => {
      const { id } = await s.enter('anna')
      return s.main.get(`/logs?${FILTERS}&conn=${id}`)
    },
    '200 partial': s => {
      fill(s.stopped)
      return s.stopped.get('/logs?limit=1000')
    },
    '400 limit': s => s.main.get('/logs?limit=1001'),
    '400 level': s => s.main.get('/logs?level=loud'),
    '429 searches': async s => {
      // All at once, unless they are held up on their way there.
      return eventually('one search too many', async () => {
        const calls = Array.from({ length: MORE_THAN_SEARCH }, () => s.stopped.get('/logs?text=nowhere'))
        return (await Promise.all(calls)).find(({ status }) => status === 429)
      })
    },
    '503 noLog': s => s.disabled.get('/logs'),
  },
  'GET /logs/events': {
    '200': s => until(s.main, '/logs/events?limit=1', ['line']),
    '200 filtered': async s => {
      const { client, id } = await s.enter('anna')
      return until(s.main, `/logs/events?${FILTERS}&conn=${id}`, ['line'], () => client.ws.close())
    },
    '400 limit': s => s.main.get('/logs/events?limit=1001'),
    '400 level': s => s.main.get('/logs/events?level=loud'),
    '429 listeners': listened('/logs/events'),
    '503 noLog': s => s.disabled.get('/logs/events'),
  },
}
