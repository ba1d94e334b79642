import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { cli } from '../support/cli.ts'
import { root, temporaryFolder, writeFiles } from '../support/gateway.ts'

const LISTENER = `
import type { Connection, Gateway, Listener, ListenerData } from 'websocket-gateway'

export const onClientOpen: Listener['onClientOpen'] = ({ conn }, gateway) => {
  conn.state.room = new URLSearchParams(conn.request.query).get('room')
  conn.send({ welcome: conn.id, online: gateway.connections.size })
}
export const onMessage: Listener['onMessage'] = async (data, gateway) => {
  if (typeof data.message !== 'string') data.message = data.message.toString('hex')
  data.message = { changed: data.message }
  data.connections = [...gateway.connections].filter(c => c.state.room === data.room)
  data.except = [data.conn]
  await gateway.push({ message: 'x', further: 1 })
}
export const onClientClose: Listener['onClientClose'] = ({ conn, code }, gateway) => {
  gateway.log.info(\`\${conn.id} \${code.toFixed()} \${gateway.signal.aborted}\`)
}
export const onClientHandshake: Listener['onClientHandshake'] = data => {
  data.groups.push('everybody')
  data.user = data.request.cookies.user
}
export const onGroupJoin: Listener['onGroupJoin'] = async ({ group, user, info }, gateway) => {
  await gateway.push({ message: user.trim() + ' ' + info?.name, groups: [group], users: [user, undefined] })
}
export const onGroupLeave: Listener['onGroupLeave'] = async ({ group, user }, gateway) => {
  const { name, size } = gateway.group(group)
  gateway.log.info(\`\${user} has left \${name.trim()}, \${size.toFixed()} are left\`)
}
export const login = (data: ListenerData, conn: Connection, user: string | null): void => {
  conn.user = user
  conn.user = undefined
  conn.info = { name: user, color: 1 }
  conn.info = undefined
  conn.join('a')
  conn.leave('b')
  data.groups = [...conn.groups]
  data.users = [conn.user]
}
export const first = (gateway: Gateway): Connection | undefined => [...gateway.connections][0]
export const text = (data: ListenerData): string => String(data.message)
`

/** What the compiler has to say of a listener beside the printed types. */
function check(folder: string, types: string[]): string {
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext']
  const { stdout } = spawnSync(
    tsc,
    [...options, '--moduleResolution', 'bundler', ...types, 'gateway.d.ts', 'listener.ts'],
    { cwd: folder, encoding: 'utf8' },
  )
  return stdout
}

test('a listener beside gateway.d.ts type-checks, with and without the types of Node; a mistake is found', async t => {
  const folder = temporaryFolder(t)
  const { code, out, err } = await cli({ cwd: folder }, 'types')
  assert.deepEqual([code, err], [0, ''])
  writeFiles(folder, { 'gateway.d.ts': out, 'listener.ts': LISTENER })
  assert.equal(check(folder, ['--types', '']), '')
  const node = ['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node']
  assert.equal(check(folder, node), '')
  writeFiles(folder, {
    'listener.ts': LISTENER.replace('gateway.connections.size', 'gateway.conections.size'),
  })
  assert.match(check(folder, node), /listener\.ts.*conections/)
})

test('an editor finds doc comments in it', async t => {
  const { out } = await cli({ cwd: temporaryFolder(t) }, 'types')
  for (const name of ['Listener', 'ListenerData', 'Connection', 'Gateway']) {
    assert.match(out, new RegExp(`\\*/\\n {2}export interface ${name} `))
  }
})
