/** Connections that join, leave, rename themselves and go, by chance: the gateway knows what a plain model knows. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Random } from '../faults/fuzz/random.ts'
import type { GatewayProcess } from '../support/gateway.ts'
import { type Entered, enter, run, startScripted, toldSoFar } from './scripted.ts'

const STEPS = 600
const GROUPS = ['a', 'b', 'c/d', 'ü']
const USERS = ['anna', 'ben', 'c/d']

interface Known {
  user: string | undefined
  readonly groups: Set<string>
}

class Model {
  readonly connections = new Map<Entered, Known>()

  reached(groups: readonly string[], users: readonly string[]): number {
    const isMeant = ({ user, groups: own }: Known) =>
      groups.some(name => own.has(name)) || (user !== undefined && users.includes(user))
    return this.#all().filter(isMeant).length
  }

  /** As `GET /groups` has them. */
  groups() {
    return GROUPS.map(name => {
      const those = this.#all().filter(({ groups }) => groups.has(name))
      return { name, connections: those.length, users: usersOf(those).length }
    }).filter(({ connections }) => connections > 0)
  }

  members(group: string): string[] {
    return usersOf(this.#all().filter(({ groups }) => groups.has(group)))
  }

  users(): number {
    return usersOf(this.#all()).length
  }

  #all(): Known[] {
    return [...this.connections.values()]
  }
}

function usersOf(those: readonly Known[]): string[] {
  return [...new Set(those.map(({ user }) => user).filter(user => user !== undefined))].sort()
}

async function step(t: TestContext, gateway: GatewayProcess, model: Model, random: Random): Promise<void> {
  const { connections } = model
  const group = random.pick(GROUPS)
  if (connections.size < 3 || (connections.size < 10 && random.chance(0.1))) {
    connections.set(await enter(t, gateway), { user: undefined, groups: new Set() })
    return
  }
  const client = random.pick([...connections.keys()])
  const known = connections.get(client)
  if (known === undefined) throw new Error('the model has lost a connection')
  const path = `/groups/${encodeURIComponent(group)}`
  switch (random.int(0, 9)) {
    case 0:
      connections.delete(client)
      if (random.chance(0.5)) await client.close()
      else client.ws.terminate()
      await gateway.line(({ event, conn }) => event === 'client.close' && conn === client.id)
      return
    case 1:
    case 2:
      known.user = random.chance(0.2) ? undefined : random.pick(USERS)
      await run(client, `conn.user = ${JSON.stringify(known.user)}`)
      return
    case 3:
      await gateway.call('PUT', `${path}/connections/${client.id}`)
      known.groups.add(group)
      return
    case 4:
      await gateway.call('DELETE', `${path}/connections/${client.id}`)
      known.groups.delete(group)
      return
    case 5: {
      const user = random.pick(USERS)
      const method = random.pick(['PUT', 'DELETE'])
      const answer = await gateway.call(method, `${path}/users/${encodeURIComponent(user)}`)
      const theirs = [...connections.values()].filter(own => own.user === user)
      assert.equal(answer.body.connections, theirs.length)
      for (const own of theirs) own.groups[method === 'PUT' ? 'add' : 'delete'](group)
      return
    }
    case 6:
    case 7:
      await run(client, `conn.leave(${JSON.stringify(group)})`)
      known.groups.delete(group)
      return
    default:
      await run(client, `conn.join(${JSON.stringify(group)})`)
      known.groups.add(group)
  }
}

async function compare(gateway: GatewayProcess, model: Model, random: Random): Promise<void> {
  const { groups, users, connections } = (await gateway.call('GET', '/status')).body
  const expected = model.groups()
  assert.deepEqual([groups, users, connections], [expected.length, model.users(), model.connections.size])
  assert.deepEqual((await gateway.call('GET', '/groups?scope=node')).body.groups, expected)
  const group = random.pick(GROUPS)
  const path = `/groups/${encodeURIComponent(group)}/members`
  // Who has just left is a member for one more moment.
  const isSoon = await soon(async () => {
    const { members } = (await gateway.call('GET', path)).body
    return isDeepStrictEqual(members.map(userOf), model.members(group))
  })
  assert.ok(isSoon, `${group} has ${model.members(group)}`)
  const to = {
    groups: GROUPS.filter(() => random.chance(0.4)),
    users: USERS.filter(() => random.chance(0.4)),
  }
  const { recipients } = (await gateway.push({ message: 'x', ...to })).body
  assert.equal(recipients, model.reached(to.groups, to.users), JSON.stringify(to))
}

/** Whether it holds at one of many looks. */
async function soon(holds: () => Promise<boolean>): Promise<boolean> {
  for (let look = 0; look < 500; look++) if (await holds()) return true
  return false
}

function userOf({ user }: { readonly user: string }): string {
  return user
}

/** Whether each user has left each group that it has joined; joins and leaves must take turns. */
function isOver(lines: readonly string[]): boolean {
  const present = new Set<string>()
  for (const line of lines) {
    const [what, ...of] = line.split(' ')
    const pair = of.join(' ')
    assert.equal(present.has(pair), what === 'left', `"${line}" came twice, or out of turn`)
    if (what === 'joined') present.add(pair)
    else present.delete(pair)
  }
  return present.size === 0
}

for (const seed of ['first', 'second']) {
  test(`seed ${seed}`, async t => {
    const random = new Random(seed)
    const gateway = await startScripted(t, { WS_PRESENCE_GRACE_MS: '0' })
    const model = new Model()
    for (let n = 1; n <= STEPS; n++) {
      await step(t, gateway, model, random)
      if (n % 10 === 0) await compare(gateway, model, random)
    }
    for (const client of model.connections.keys()) await client.close()
    await gateway.until('the last leave', () => isOver(toldSoFar(gateway)))
    assert.deepEqual((await gateway.call('GET', '/groups')).body, { groups: [] })
    assert.ok(toldSoFar(gateway).length > 100)
  })
}
