/** The profile `cluster` of docker-compose.yml: three nodes behind a proxy, and one after the other replaced. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { connect } from '../support/client.ts'
import { root, writeFiles } from '../support/gateway.ts'
import { type Asked, ask } from './ask.ts'
import { clusterImages } from './cluster-images.ts'
import { type Returning, underLoad } from './cluster-load.ts'
import { composers, noCompose } from './composers.ts'
import { docker, inspect, mountable, must, run, unique, until } from './engine.ts'

const TOKEN = 'a-token-of-this-test-and-nobody-else'
const NODES = ['gateway-1', 'gateway-2', 'gateway-3']

/** Every user is in one group, and the log tells who comes and goes in it. */
const LISTENER = `
  export function onClientHandshake(data) {
    data.user = new URLSearchParams(data.request.query).get('user') ?? undefined
    data.groups.push('all')
  }
  export function onGroupJoin(data, gateway) { gateway.log.info('join ' + data.user) }
  export function onGroupLeave(data, gateway) { gateway.log.info('leave ' + data.user) }
`

suite('compose --profile cluster', () => {
  for (const [program = '', ...words] of composers) {
    test(`${[program, ...words].join(' ')}`, { skip: noCompose }, async t => {
      const project = unique('compose-cluster')
      const env: Record<string, string> = {
        COMPOSE_PROJECT_NAME: project,
        COMPOSE: [program, ...words].join(' '),
        CLUSTER_PORT: '127.0.0.1:',
        CLUSTER_CONTROL_PORT: '127.0.0.1:',
        WS_CONTROL_TOKEN: TOKEN,
      }
      const compose = (...more: string[]) =>
        must(program, [...words, '--profile', 'cluster', ...more], { env })
      t.after(() => compose('down', '--volumes', '--rmi', 'local', '--timeout', '3'))
      await clusterImages(t)
      const folder = mountable(t)
      const volumes = { volumes: [`${folder}:/app/listener:ro`] }
      writeFiles(folder, {
        'listener.js': LISTENER,
        'override.yml': JSON.stringify({
          services: Object.fromEntries(NODES.map(node => [node, volumes])),
        }),
      })
      env.COMPOSE_FILE = `docker-compose.yml:${join(folder, 'override.yml')}`
      await compose('up', '--detach', '--build', ...NODES)

      const urls = {
        clients: `ws://${await compose('port', 'haproxy', '10125')}`,
        control: `http://${await compose('port', 'haproxy', '10126')}`,
      }
      const containerOf = (service: string) => compose('ps', '-q', service)
      const control = (path: string, asked: Asked = {}, token = TOKEN) =>
        ask(`${urls.control}${path}`, {
          ...asked,
          headers: { Authorization: `Bearer ${token}`, ...asked.headers },
        })
      const push = async (message: unknown) => {
        const headers = { 'Content-Type': 'application/json' }
        const { status, text } = await control('/push', {
          method: 'POST',
          headers,
          body: JSON.stringify({ message }),
        })
        assert.equal(status, 200, text)
        return JSON.parse(text)
      }
      const statusOf = async (node: string) =>
        JSON.parse(await docker('exec', await containerOf(node), 'gateway', 'status', '--json'))
      const isUp = async () =>
        (await ask(`${urls.control}/nodes`).catch(() => undefined))?.text.trim() === '3'
      /** The clients before are cut off at their test's end; the nodes hear of it a little later. */
      const nobody = () =>
        until('nobody', async () => (await Promise.all(NODES.map(statusOf))).every(s => s.connections === 0))
      /** Each of them has joined the group once, on whichever node, and nobody was told to have left it. */
      const stayedMembers = async (clients: readonly Returning[]) => {
        const told = async (what: string) => {
          const log = await docker('exec', await containerOf('gateway-1'), 'cat', 'logs/WebSocket.log')
          return clients.flatMap(client => log.split(`"${what} ${client.user}"`).slice(1))
        }
        await until('the log', async () => (await told('join')).length >= clients.length)
        assert.equal((await told('join')).length, clients.length)
        assert.equal((await told('leave')).length, 0)
      }
      for (const node of NODES) {
        const health = ['exec', await containerOf(node), 'gateway', 'health']
        await until(`${node} to be up`, async () => (await run('docker', health)).code === 0)
      }
      await until('the proxy to send clients to all nodes', isUp)

      await t.test('all are hardened, and a node has no port of the host', async () => {
        for (const service of [...NODES, 'redis', 'haproxy']) {
          const { HostConfig } = await inspect(await containerOf(service))
          assert.equal(HostConfig.ReadonlyRootfs, true)
          assert.deepEqual(HostConfig.CapDrop, ['ALL'])
          assert.deepEqual(HostConfig.SecurityOpt, ['no-new-privileges'])
          const published = Object.keys(HostConfig.PortBindings ?? {}).sort()
          assert.deepEqual(published, service === 'haproxy' ? ['10125/tcp', '10126/tcp'] : [])
        }
      })

      await t.test('no token, no node; and the proxy hands on what takes the token alone', async () => {
        const options = { env: { ...env, WS_CONTROL_TOKEN: '' } }
        const one = [...words, '--profile', 'cluster', 'run', '--rm', '--no-deps', '-T', 'gateway-1']
        const without = await run(program, one, options)
        assert.equal(without.code, 78, without.err)
        assert.match(without.out + without.err, /WS_CONTROL_TOKEN: got none/)
        assert.equal((await control('/status', {}, 'a-token-that-is-wrong')).status, 401)
        assert.equal((await control('/status')).status, 200)
        for (const action of ['/start', '/stop', '/restart', '/reload']) {
          assert.equal((await control(action, { method: 'POST' })).status, 403)
        }
      })

      await t.test(
        'a push and a message reach the clients of all nodes, whose address is their own',
        async t => {
          const headers = { 'X-Forwarded-For': '203.0.113.7' }
          const clients = await Promise.all(
            NODES.flatMap(() => [0, 1]).map(() => connect(t, urls.clients, [], { headers })),
          )
          const seen = await Promise.all(NODES.map(statusOf))
          assert.deepEqual(
            seen.map(({ connections }) => connections),
            [2, 2, 2],
          )
          const proxy = (await inspect(await containerOf('haproxy'))).NetworkSettings.Networks
          for (const node of NODES) {
            const list = await docker('exec', await containerOf(node), 'gateway', 'connections')
            assert.doesNotMatch(list, /203\.0\.113\.7/)
            assert.ok(!list.includes(proxy[`${project}_cluster`].IPAddress), list)
          }
          assert.equal((await push('from the application')).nodes, 3)
          clients[0]?.send('from a client')
          for (const client of clients) {
            assert.deepEqual((await client.messages(2)).toSorted(), ['from a client', 'from the application'])
          }
        },
      )

      await t.test(
        'one node after the other is replaced, and nobody misses what was sent meanwhile',
        async t => {
          const before = await Promise.all(NODES.map(containerOf))
          await nobody()
          const { clients, publisher } = await underLoad(t, urls, TOKEN, () =>
            must(join(root, 'samples/cluster/roll.sh'), [], { env }),
          )
          const after = await Promise.all(NODES.map(containerOf))
          assert.equal(new Set([...before, ...after]).size, 6)
          await stayedMembers(clients)
          // Each was at a node that went, and was told so.
          for (const client of clients) {
            assert.ok(client.lives.length > 1)
            assert.deepEqual([...new Set(client.lives.slice(0, -1).map(life => life.code))], [1001])
          }
          assert.deepEqual(publisher.faults, [])
        },
      )

      await t.test(
        'a node is killed: its clients are at others at once, and all that was sent is with those who were there',
        async t => {
          await nobody()
          const { clients, publisher } = await underLoad(t, urls, TOKEN, async (clients, publisher) => {
            await publisher.more(50)
            // The one that the pushes go to.
            const node = publisher.pushes.find(push => push.node !== '')?.node ?? ''
            const { connections, node: id } = await statusOf(node)
            assert.ok(connections > 0)
            await docker('kill', await containerOf(node))
            await until('its clients at other nodes', async () => {
              const cutOff = clients.flatMap(client => client.lives).filter(life => life.code === 1006)
              return cutOff.length === connections && clients.every(client => client.isOpen)
            })
            await publisher.more(50)
            await compose('up', '--detach', '--no-deps', node)
            await until('the proxy to send clients to all nodes', isUp)
            await until('the others to know that it is dead', async () => {
              const nodes: { id: string }[] = JSON.parse((await control('/status')).text).nodes
              return nodes.length === 3 && nodes.every(other => other.id !== id)
            })
            await publisher.more(50)
          })
          await stayedMembers(clients)
          assert.deepEqual(publisher.faults, [])
        },
      )

      await t.test('Redis is started anew: nobody is cut off, and nobody misses anything', async t => {
        await nobody()
        const { clients, publisher } = await underLoad(t, urls, TOKEN, async (_, publisher) => {
          await publisher.more(50)
          await compose('restart', 'redis')
          await publisher.more(50)
        })
        for (const client of clients) assert.equal(client.lives.length, 1)
        await stayedMembers(clients)
        assert.deepEqual(publisher.faults, [])
      })

      await t.test('all ends by itself, the nodes before the proxy', async t => {
        const client = await connect(t, urls.clients)
        const services = [...NODES, 'haproxy', 'redis']
        const containers = await Promise.all(services.map(containerOf))
        await compose('stop')
        assert.equal((await client.closed).code, 1001)
        const ends = (await Promise.all(containers.map(inspect))).map(({ State }) => State)
        assert.deepEqual(
          ends.map(({ ExitCode }) => ExitCode),
          [0, 0, 0, 0, 0],
        )
      })
    })
  }
})
