/** What can only be seen while something is wrong, one trouble after the other. */
import { eventually } from '../../../support/eventually.ts'
import type { Answer } from '../ask.ts'
import type { Stages } from '../stages.ts'
import type { Cases } from './case.ts'

const itsOwn = ({ two }: Stages): string => `${two.id}-1`

/** While node two answers nobody. */
export const silent: Cases = {
  'GET /connections': { '200 unanswered': s => s.one.get('/connections?scope=cluster') },
  'GET /groups': { '200 unanswered': s => s.one.get('/groups') },
  'GET /groups/{group}/members': { '200 unanswered': s => s.one.get('/groups/all/members?scope=cluster') },
  'GET /connections/{id}': { '504 silent': s => s.one.get(`/connections/${itsOwn(s)}`) },
  'DELETE /connections/{id}': { '504 silent': s => s.one.delete(`/connections/${itsOwn(s)}`) },
  'PUT /connections/{id}/token': {
    '504 silent': s => s.one.put(`/connections/${itsOwn(s)}/token`, { token: 'x' }),
  },
  'DELETE /users/{user}': { '504 silent': s => s.one.delete('/users/nobody') },
  'PUT /groups/{group}/connections/{id}': {
    '504 silent': s => s.one.put(`/groups/cats/connections/${itsOwn(s)}`),
  },
  'DELETE /groups/{group}/connections/{id}': {
    '504 silent': s => s.one.delete(`/groups/cats/connections/${itsOwn(s)}`),
  },
  'PUT /groups/{group}/users/{user}': { '504 silent': s => s.one.put('/groups/cats/users/nobody') },
  'DELETE /groups/{group}/users/{user}': { '504 silent': s => s.one.delete('/groups/cats/users/nobody') },
  'GET /trace': { '504 silent': s => s.one.get(`/trace?connection=${itsOwn(s)}`) },
  'GET /nodes/{node}/status': { '504 silent': s => s.one.get(`/nodes/${s.two.id}/status`) },
  'POST /nodes/{node}/stop': { '504 silent': s => s.one.post(`/nodes/${s.two.id}/stop`) },
  'POST /nodes/{node}/restart': { '504 silent': s => s.one.post(`/nodes/${s.two.id}/restart`) },
  'POST /nodes/{node}/reload': { '504 silent': s => s.one.post(`/nodes/${s.two.id}/reload`) },
}

/** While Redis is away, and a node is alone. */
export const redisAway: Cases = {
  'POST /push': { '200 kept': s => s.one.post('/push', { message: 'hello' }) },
  'GET /status': { '200 away': s => s.one.get('/status') },
  'GET /health': { '200 warn': s => s.one.get('/health') },
}

/** A node ends what it is asked to end only when it is alone: others would miss it. */
export const alone: Cases = {
  'POST /nodes/{node}/restart': { '202': s => s.one.post(`/nodes/${s.one.id}/restart`) },
  'POST /nodes/{node}/stop': { '202': s => s.one.post(`/nodes/${s.one.id}/stop`) },
}

/** While the process is about to end, and a client takes its time. */
export const ending: Cases = {
  'POST /push': { '409': s => s.spare.post('/push', { message: 1 }) },
  'POST /start': { '409 ending': s => s.spare.post('/start') },
  'POST /stop': { '409 ending': s => s.spare.post('/stop') },
  'POST /restart': { '409 ending': s => s.spare.post('/restart') },
  'POST /reload': { '409': s => s.spare.post('/reload') },
}

/** Each trouble, and how it is made. */
export const troubles: readonly (readonly [Cases, (stages: Stages) => Promise<unknown>])[] = [
  [silent, async s => s.two.process.child.kill('SIGSTOP')],
  [
    redisAway,
    async s => {
      s.two.process.child.kill('SIGCONT')
      await s.redis.kill()
      await eventually('Redis to be away', async () => isWarned(await s.one.get('/health')))
    },
  ],
  [alone, async () => undefined],
  [
    ending,
    async s => {
      await s.spare.post('/start')
      await s.enterAt(s.spare, 'slow')
      s.spare.process.child.kill('SIGTERM')
      await s.spare.process.line(line => line.signal === 'SIGTERM')
    },
  ],
]

function isWarned({ body }: Answer): boolean {
  return (body as { status: string }).status === 'warn'
}
