/** WS_JWT_GROUPS_CLAIM: groups by the token alone. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { cli } from '../support/cli.ts'
import { type Client, connect, refusal } from '../support/client.ts'
import { type GatewayProcess, spawnGateway, startGateway } from '../support/gateway.ts'

const WS_JWT_SECRET = 'a secret that is long enough for HS256'
const listener = {
  'listener.mjs': `export const onMessage = async data => {
  const { conn } = data
  if (!conn) return
  const [what, word] = data.message.split(' ')
  data.connections = [conn]
  if (what === 'join') conn.join(word)
  data.message = what === 'renew' ? await conn.renewToken(word).then(() => conn.groups, e => e.detail) : conn.groups
}`,
}

async function gatewayWith(t: TestContext, claim = 'groups', more: Record<string, string> = {}) {
  return startGateway(t, { listener, env: { WS_JWT_SECRET, WS_JWT_GROUPS_CLAIM: claim, ...more } })
}

/** A token with this claim, as JSON. */
async function mint(gateway: GatewayProcess, claim: string, ...words: string[]): Promise<string> {
  const claims = claim === '' ? [] : ['--claim', claim]
  const options = { cwd: gateway.folder, env: { WS_JWT_SECRET } }
  const { code, out, err } = await cli(options, 'token', '--user', 'anna', ...claims, ...words)
  assert.equal(code, 0, err)
  return out.trim()
}

async function groupsOf(client: Client, ask = 'groups'): Promise<unknown> {
  const seen = client.got.length
  client.send(ask)
  return JSON.parse(String((await client.messages(seen + 1))[seen]))
}

test('an array of texts and numbers, or one text', async t => {
  const gateway = await gatewayWith(t)
  const claims: [string, string[]][] = [
    ['groups=["news", "a/b ü", "news"]', ['news', 'a/b ü']],
    ['groups=[7, "x", 1.5]', ['7', 'x', '1.5']],
    ['groups=news', ['news']],
    ['groups="a, b"', ['a, b']],
    ['groups=[]', []],
    ['', []],
    ['other=["a"]', []],
  ]
  for (const [claim, groups] of claims) {
    const client = await connect(t, `${gateway.url}/?token=${await mint(gateway, claim)}`)
    assert.deepEqual(await groupsOf(client), groups, claim)
  }
  assert.deepEqual((await gateway.push({ message: 'x', groups: ['news'] })).body, { recipients: 2 })
})

test("a claim's name is taken as it is, and beside the path's group", async t => {
  const gateway = await gatewayWith(t, 'https://example.com/groups', { WS_PATH: '/ws/:group' })
  const token = await mint(gateway, 'https://example.com/groups=["a","p"]')
  const client = await connect(t, `${gateway.url}/ws/p?token=${token}`)
  const groups = (await groupsOf(client)) as string[]
  assert.deepEqual(groups.sort(), ['a', 'p'])
})

test('a claim of another kind is 401', async t => {
  const gateway = await gatewayWith(t)
  const claims = [
    '{"a":1}',
    'true',
    '[["a"]]',
    '["a",null]',
    '[true]',
    '[{}]',
    '[""]',
    `["${'x'.repeat(257)}"]`,
  ]
  for (const value of claims) {
    const told = await refusal(`${gateway.url}/?token=${await mint(gateway, `groups=${value}`)}`)
    assert.equal(told.status, 401, value)
  }
})

test('with a new token, groups of the claim that are new are joined, those gone are left', async t => {
  const gateway = await gatewayWith(t)
  const client = await connect(t, `${gateway.url}/?token=${await mint(gateway, 'groups=["a","b"]')}`)
  assert.deepEqual(await groupsOf(client, 'join own'), ['a', 'b', 'own'])
  const [{ id }] = (await gateway.call('GET', '/connections')).body.connections
  const renew = async (claim: string) =>
    (await gateway.call('PUT', `/connections/${id}/token`, { token: await mint(gateway, claim) })).status
  assert.equal(await renew('groups=["b","c"]'), 200)
  assert.deepEqual(((await groupsOf(client)) as string[]).sort(), ['b', 'c', 'own'])
  assert.equal(await renew('groups={"x":1}'), 400)
  assert.deepEqual(((await groupsOf(client)) as string[]).sort(), ['b', 'c', 'own'])
  assert.equal(await renew('groups=[2]'), 200)
  assert.deepEqual(((await groupsOf(client)) as string[]).sort(), ['2', 'own'])
  const by = await groupsOf(client, `renew ${await mint(gateway, 'groups=["z"]')}`)
  assert.deepEqual((by as string[]).sort(), ['own', 'z'])
  assert.equal(await renew(''), 200)
  assert.deepEqual(await groupsOf(client), ['own'])
})

test('a renewal undoes nothing that others have decided, and takes nothing that the path has given', async t => {
  const gateway = await gatewayWith(t, 'groups', { WS_PATH: '/ws/:group' })
  const token = await mint(gateway, 'groups=["news","a","b"]')
  const client = await connect(t, `${gateway.url}/ws/news?token=${token}`)
  const [{ id }] = (await gateway.call('GET', '/connections')).body.connections
  await gateway.call('DELETE', `/groups/b/connections/${id}`)
  await gateway.call('PUT', `/connections/${id}/token`, { token: await mint(gateway, 'groups=["b"]') })
  assert.deepEqual(await groupsOf(client), ['news'])
})

test('it needs a key for tokens, else the process ends with 78', async t => {
  const gateway = spawnGateway(t, { listener: {}, env: { WS_JWT_GROUPS_CLAIM: 'groups' } })
  assert.equal((await gateway.exited).code, 78)
  assert.match(gateway.stderr, /WS_JWT_GROUPS_CLAIM: .*WS_JWT_SECRET/)
})
