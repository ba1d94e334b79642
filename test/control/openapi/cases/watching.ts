/** Status and health, and what is told by server-sent events. */
import type { Answer } from '../ask.ts'
import type { Stages } from '../stages.ts'
import type { Cases } from './case.ts'
import { crowd, listened, until } from './listening.ts'

/** So many traces may be under way at a time (src/tracing/traces.ts). */
const MOST_TRACES = 8

/** A client is traced while it says something and goes. */
async function traced(s: Stages, query: string): Promise<Answer> {
  const { client, id } = await s.enter('tina')
  return until(s.main, `/trace?connection=${id}${query}`, ['end'], async () => {
    client.send('hello')
    client.send(Buffer.from([1, 2, 3]))
    await client.messages(2)
    client.ws.close(4000, 'goodbye')
  })
}

export const watching: Cases = {
  'GET /status': {
    '200': s => s.main.get('/status'),
    '200 node': s => s.one.get('/status'),
    '200 application': s => s.away.get('/status'),
    '200 stopped': s => s.disabled.get('/status'),
    '200 faulty': async s => {
      await s.main.post('/push', { message: 1, how: 'throw' })
      return s.main.get('/status')
    },
  },
  'GET /health': {
    '200 pass': s => s.main.get('/health'),
    '503 fail': s => s.bare.get('/health'),
  },
  'GET /metrics': { '200': s => s.main.get('/metrics') },
  'GET /openapi.json': { '200': s => s.main.get('/openapi.json') },
  'GET /events': {
    '200': s => until(s.main, '/events', ['history', 'status', 'sample']),
    '429 listeners': listened('/events'),
  },
  'GET /trace': {
    '200 connection': s => traced(s, '&seconds=60'),
    '200 beginnings': s => traced(s, '&bytes=2'),
    '200 user': s =>
      until(s.main, '/trace?user=uwe', ['trace'], async () => {
        await s.enter('uwe')
      }),
    '200 node': s =>
      until(s.one, '/trace?user=ned', ['trace'], async () => {
        await s.enterAt(s.two, 'user=ned')
      }),
    '200 too many': s =>
      until(s.main, '/trace?user=vera', ['dropped'], async () => {
        await s.enter('vera')
        const line = JSON.stringify({ message: 'x', users: ['vera'] })
        await s.main.post('/push', `${line}\n`.repeat(5000), { 'content-type': 'application/x-ndjson' })
      }),
    '200 over': s => until(s.main, '/trace?user=nobody&seconds=1', ['end']),
    '400 whose': s => s.main.get('/trace'),
    '400 seconds': s => s.main.get('/trace?user=anna&seconds=0'),
    '400 bytes': s => s.main.get('/trace?user=anna&bytes=all'),
    '404 notOpen': s => s.main.get('/trace?connection=1gizuiagngue7-zz'),
    '429 listeners': listened('/trace?user=nobody'),
    '429 traces': async s =>
      (await crowd(s.disabled, '/trace?user=nobody', MOST_TRACES)).get('/trace?user=nobody'),
  },
}
