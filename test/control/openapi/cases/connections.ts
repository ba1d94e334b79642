/** Connections, users and groups. */
import type { Answer } from '../ask.ts'
import type { Stage } from '../stage.ts'
import type { Stages } from '../stages.ts'
import type { Case, Cases } from './case.ts'

const gone = '1gizuiagngue7-zz'
const long = 'x'.repeat(257)

const badPath = (method: string, path: string): Record<string, Case> => ({
  '400 notEncoded': s => s.main.call(method, path),
})

/** Of a list that comes in pages. */
const pages = (path: string): Record<string, Case> => ({
  '200 page': s => s.one.get(`${path}?scope=cluster&limit=1`),
  '200 behind it': async s => s.one.get(`${path}?scope=cluster&after=${await next(s.one, path)}`),
  '200 node': s => s.one.get(`${path}?scope=node`),
  '400 limit': s => s.main.get(`${path}?limit=0`),
  '400 scope': s => s.main.get(`${path}?scope=world`),
})

async function next(stage: Stage, path: string): Promise<string> {
  const { body } = await stage.get(`${path}?scope=cluster&limit=1`)
  return encodeURIComponent((body as { next: string }).next)
}

/** Closes a connection that has come in for it, at each call another one. */
const close = async (s: Stages, query: string): Promise<Answer> => {
  const { id } = await s.enter('carl')
  return s.main.delete(`/connections/${id}${query}`)
}

const badClose = (path: string): Record<string, Case> => ({
  '400 code': s => s.main.delete(`${path}?code=1005`),
  '400 reason': s => s.main.delete(`${path}?reason=${'x'.repeat(124)}`),
})

const token = async (s: Stages, body: (id: string) => unknown): Promise<Answer> => {
  const { id } = await s.enter('anna')
  return s.main.put(`/connections/${id}/token`, await body(id))
}

const move = (method: string): Record<string, Case> => ({
  '200 moved': async s => {
    const { id } = await s.enter('anna')
    return s.main.call(method, `/groups/cats/connections/${id}`)
  },
  '400 group': s => s.main.call(method, `/groups/${long}/connections/${gone}`),
  ...badPath(method, '/groups/cats/connections/%zz'),
  '404 notOpen': s => s.main.call(method, `/groups/cats/connections/${gone}`),
})

const moveUser = (method: string): Record<string, Case> => ({
  '200': s => s.main.call(method, '/groups/dogs/users/anna'),
  '400 group': s => s.main.call(method, `/groups/${long}/users/anna`),
  ...badPath(method, '/groups/cats/users/%zz'),
})

export const connections: Cases = {
  'GET /connections': {
    ...pages('/connections'),
    '200': async s => {
      await s.enter('anna')
      return s.main.get('/connections')
    },
    '200 search': async s => {
      await s.enter('anna')
      return s.main.get('/connections?search=ANN&group=cats&user=anna')
    },
    '400 after': s => s.main.get('/connections?after=somewhere'),
  },
  'GET /connections/{id}': {
    '200': async s => s.main.get(`/connections/${(await s.enter('anna')).id}`),
    ...badPath('GET', '/connections/%zz'),
    '404 notOpen': s => s.main.get(`/connections/${gone}`),
  },
  'DELETE /connections/{id}': {
    '200 closed': s => close(s, '?code=4000&reason=goodbye'),
    '200': s => close(s, ''),
    ...badClose(`/connections/${gone}`),
    ...badPath('DELETE', '/connections/%zz'),
    '404 notOpen': s => s.main.delete(`/connections/${gone}`),
  },
  'PUT /connections/{id}/token': {
    '200 expires': s => token(s, async () => ({ token: await s.sign('anna') })),
    '200 never': s => token(s, async () => ({ token: await s.sign('anna', { seconds: Infinity }) })),
    '400 noJson': s => token(s, () => 'eyJ'),
    '400 noToken': s => token(s, () => ({})),
    '400 noText': s => token(s, () => ({ token: 7 })),
    '400 invalid': s => token(s, () => ({ token: 'x' })),
    '400 expired': s => token(s, async () => ({ token: await s.sign('anna', { seconds: -60 }) })),
    ...badPath('PUT', '/connections/%zz/token'),
    '404 notOpen': s => s.main.put(`/connections/${gone}/token`, { token: 'x' }),
    '409 otherUser': s => token(s, async () => ({ token: await s.sign('ben') })),
    '409 noTokens': async s => {
      const { id } = await s.enterAt(s.one, '')
      return s.one.put(`/connections/${id}/token`, { token: 'x' })
    },
    '413 body': s => token(s, () => 'x'.repeat(70_000)),
    '503 keys': s => token(s, async () => ({ token: await s.sign('anna', { key: 'broken' }) })),
  },
  'DELETE /users/{user}': {
    '200 closed': async s => {
      await s.enter('dora')
      await s.enter('dora')
      return s.main.delete('/users/dora')
    },
    '200 with a reason': s => s.main.delete('/users/nobody?code=4000&reason=goodbye'),
    ...badClose('/users/nobody'),
    ...badPath('DELETE', '/users/%zz'),
  },
  'GET /groups': {
    ...pages('/groups'),
  },
  'GET /groups/{group}/members': {
    ...pages('/groups/all/members'),
    '400 group': s => s.main.get(`/groups/${long}/members`),
    ...badPath('GET', '/groups/%zz/members'),
  },
  'PUT /groups/{group}/connections/{id}': move('PUT'),
  'DELETE /groups/{group}/connections/{id}': move('DELETE'),
  'PUT /groups/{group}/users/{user}': moveUser('PUT'),
  'DELETE /groups/{group}/users/{user}': moveUser('DELETE'),
}
