/** The other gateways of the control folder, the other nodes, and the console. */
import type { Case, Cases } from './case.ts'

const node = (method: string, path: string): Record<string, Case> => ({
  '400 notEncoded': s => s.one.call(method, `/nodes/%zz${path}`),
  '404 noNode': async s => {
    const answer = await s.one.call(method, `/nodes/nowhere${path}`)
    // They are told in the order of their ids, which is by chance.
    const [first = '', second = ''] = [s.one.id, s.two.id].sort()
    const body = JSON.parse(answer.text.replace(`${first}, ${second}`, `${s.one.id}, ${s.two.id}`))
    return { ...answer, body }
  },
  '409 noCluster': s => s.main.call(method, `/nodes/nowhere${path}`),
})

const passed = (method: string, path: string, status: string): Record<string, Case> => ({
  [status]: s => s.main.call(method, `/gateways/news/${path}`),
  '400 notEncoded': s => s.main.call(method, '/gateways/%zz/status'),
  '404 noGateway': s => s.main.call(method, '/gateways/nobody/status'),
  '404 noId': s => s.main.call(method, '/gateways/a%20b/status'),
  '404 again': s => s.main.call(method, '/gateways/news/gateways/websocket/status'),
  '502 silent': s => s.main.call(method, '/gateways/broken/status'),
})

export const gateways: Cases = {
  'GET /gateways': { '200': s => s.main.get('/gateways') },
  'GET /gateways/{gateway}/{path}': {
    ...passed('GET', 'status', '200'),
    '200 events': s =>
      s.main.get('/gateways/news/events', { enough: text => text.includes('event: status') }),
    '503': s => s.main.get('/gateways/news/health'),
  },
  'POST /gateways/{gateway}/{path}': {
    ...passed('POST', 'start', '200'),
    '409': s => s.main.post('/gateways/news/reload'),
  },
  'PUT /gateways/{gateway}/{path}': passed('PUT', 'groups/cats/users/nobody', '200'),
  'DELETE /gateways/{gateway}/{path}': passed('DELETE', 'users/nobody?code=4000&reason=bye', '200'),
  'GET /nodes': {
    '200': s => s.one.get('/nodes'),
    '409 noCluster': s => s.main.get('/nodes'),
  },
  'GET /nodes/{node}/status': {
    '200': s => s.one.get(`/nodes/${s.two.id}/status`),
    '200 itself': s => s.one.get(`/nodes/${s.one.id}/status`),
    ...node('GET', '/status'),
  },
  'POST /nodes/{node}/stop': node('POST', '/stop'),
  'POST /nodes/{node}/restart': node('POST', '/restart'),
  'POST /nodes/{node}/reload': {
    '202': s => s.one.post(`/nodes/${s.two.id}/reload`),
    ...node('POST', '/reload'),
  },
  'GET /': { '200': s => s.main.get('/') },
  'GET /console.js': { '200': s => s.main.get('/console.js') },
  'GET /console.css': { '200': s => s.main.get('/console.css') },
}
