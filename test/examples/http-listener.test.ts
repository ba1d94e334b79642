/** The sample applications do as listeners what their first lines and the docs say: all the same chat. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { webhookHeaders } from '../../src/listener/http/signature.ts'
import { type Client, connect, refusal } from '../support/client.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'
import { missing, unfit } from '../support/needs.ts'
import { type Application, FPM, NGINX, PHP, PYTHON, php, phpFpm, python, RUBY, ruby } from './applications.ts'

const secretOf = (letter: string): string => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`
const SECRET = secretOf('a')

const NEW_PYTHON = 'import sys; sys.exit(sys.version_info < (3, 10))'
const NEW_RUBY = "exit Gem::Version.new(RUBY_VERSION) >= Gem::Version.new('3.1')"
const noFpm = missing(FPM, 'php-fpm') || missing(NGINX, 'nginx')

interface Sample {
  readonly skip: string | false
  readonly make: (t: TestContext) => Promise<Application>
}

const samples: Record<string, Sample> = {
  "PHP's built-in server": { skip: missing(PHP, 'php-cli'), make: php },
  'php-fpm behind nginx': { skip: noFpm, make: t => phpFpm(t, 'tcp') },
  'php-fpm behind nginx on a Unix socket': { skip: noFpm, make: t => phpFpm(t, 'unix') },
  Python: { skip: unfit(PYTHON, ['-c', NEW_PYTHON], 'python3'), make: python },
  Ruby: { skip: unfit(RUBY, ['-r', 'webrick', '-e', NEW_RUBY], 'ruby ruby-webrick'), make: ruby },
}

for (const [name, { skip, make }] of Object.entries(samples)) {
  // An application that leaves an answer open would hold up its test for good.
  const options = { skip, timeout: 60_000 }

  test(`${name}: who gets in, and who gets what`, options, async t => {
    const { gateway } = await started(t, make)
    for (const query of ['', '?room=cats', '?name=', '?name[]=Anna']) {
      const { status, text } = await refusal(`${gateway.url}/${query}`)
      assert.equal(status, 403, query)
      assert.equal(JSON.parse(text).detail, 'say who you are: ?name=NAME')
    }
    assert.equal((await refusal(`${gateway.url}/?name=Anna&room=${'x'.repeat(257)}`)).status, 403)
    const zoe = await comes(t, gateway, 'name=Zo%C3%AB', { welcome: 'Zoë', room: 'lobby' })
    const ben = await comes(t, gateway, 'name=Ben&room=', { welcome: 'Ben', room: 'lobby' })
    const cat = await comes(t, gateway, 'name=Cat&room=..%2F%F0%9F%90%88', { welcome: 'Cat', room: '../🐈' })
    // Half a character is no reason to fail.
    const odd = await comes(t, gateway, 'name=%C3&room=0', { welcome: '\ufffd', room: '0' })

    const text = 'Grüße & <b>"quotes"</b> / \\ \u2028 🐈'
    zoe.send(text)
    ben.send(Buffer.from('a binary message goes to nobody'))
    ben.send('42')
    assert.deepEqual(await next(ben), { from: 'Zoë', text })
    assert.deepEqual(await next(zoe), { from: 'Ben', text: '42' })
    // Nearly the largest message that a client may send; a third more in JSON.
    const long = 'é\n'.repeat(345_000)
    zoe.send(long)
    assert.deepEqual(await next(ben), { from: 'Zoë', text: long })

    const pushed = async (push: object) => (await gateway.push(push)).body
    assert.deepEqual(await pushed({ message: 'food', room: '../🐈' }), { recipients: 1 })
    assert.deepEqual(await pushed({ message: { to: 'the lobby' }, room: 'lobby' }), { recipients: 2 })
    assert.deepEqual(await pushed({ message: 'nobody there', room: 'attic' }), { recipients: 0 })
    assert.deepEqual(await pushed({ message: 'to all' }), { recipients: 4 })
    assert.deepEqual(await rest(zoe), ['{"to":"the lobby"}', 'to all'])
    assert.deepEqual(await rest(ben), ['{"to":"the lobby"}', 'to all'])
    assert.deepEqual(await rest(cat), ['food', 'to all'])
    assert.deepEqual(await rest(odd), ['to all'])

    const { groups } = (await gateway.call('GET', '/groups')).body
    assert.deepEqual(
      groups.map((group: { name: string; connections: number }) => [group.name, group.connections]),
      [
        ['../🐈', 1],
        ['0', 1],
        ['lobby', 2],
      ],
    )
    // Its last events are with the application when the gateway has ended.
    assert.equal((await gateway.stop()).code, 0)
    assert.deepEqual(faults(gateway), [])
  })

  test(
    `${name}: restarted with another secret, it knows who is there, and no message is lost`,
    options,
    async t => {
      const { app, gateway } = await started(t, make, `${secretOf('b')},${SECRET}`)
      const anna = await comes(t, gateway, 'name=Anna', { welcome: 'Anna', room: 'lobby' })
      const ben = await comes(t, gateway, 'name=Ben', { welcome: 'Ben', room: 'lobby' })
      anna.send('before')
      assert.deepEqual(await next(ben), { from: 'Anna', text: 'before' })
      await app.stop()
      anna.send('meanwhile')
      await anna.settled()
      await app.start(secretOf('b'))
      anna.send('after')
      assert.deepEqual(await next(ben), { from: 'Anna', text: 'meanwhile' })
      assert.deepEqual(await next(ben), { from: 'Anna', text: 'after' })
      assert.deepEqual(faults(gateway), [])
    },
  )

  test(`${name}: many at once`, options, async t => {
    const { gateway } = await started(t, make)
    const names = Array.from({ length: 40 }, (_, i) => `n${i}`)
    const clients = await Promise.all(
      names.map(n => comes(t, gateway, `name=${n}`, { welcome: n, room: 'lobby' })),
    )
    for (const client of clients) for (let i = 0; i < 10; i++) client.send(`${i}`)
    for (const [i, client] of clients.entries()) {
      const got = (await client.messages(1 + 39 * 10)).slice(1).map(m => JSON.parse(String(m)))
      for (const other of names) {
        const texts = got.filter(one => one.from === other).map(one => one.text)
        assert.deepEqual(texts, other === names[i] ? [] : [...'0123456789'])
      }
    }
    assert.deepEqual(faults(gateway), [])
  })

  test(`${name}: only what is signed, and in time`, options, async t => {
    const app = await make(t)
    await app.start(SECRET)
    const event = opened('1-1')
    const minutes = (count: number) => new Date(Date.now() + count * 60_000)
    for (const [why, answer] of Object.entries({
      'another secret': await ask(app, event, { secret: secretOf('b') }),
      'an old timestamp': await ask(app, event, { at: minutes(-6) }),
      'a timestamp to come': await ask(app, event, { at: minutes(6) }),
      'another body': await ask(app, event, { signed: opened('1-2') }),
      'another id': await ask(app, event, { headers: { 'webhook-id': 'other' } }),
      'another time': await ask(app, event, { headers: { 'webhook-timestamp': `${seconds() - 1}` } }),
      'no time': await ask(app, event, { headers: { 'webhook-timestamp': 'now' } }),
      'a signature of no length': await ask(app, event, { headers: { 'webhook-signature': '' } }),
      'the beginning of one': await ask(app, event, { headers: { 'webhook-signature': 'v1,' } }),
      'no ASCII': await ask(app, event, { headers: { 'webhook-signature': 'v1,é' } }),
      'no headers at all': await fetch(app.url, { method: 'POST', body: '{}' }),
    })) {
      assert.equal(answer.status, 401, why)
      assert.equal(await answer.text(), 'not signed by the gateway', why)
    }
    assert.equal((await ask(app, event, { at: minutes(-4) })).status, 200)
  })

  test(
    `${name}: an event that comes again changes nothing, and one that cannot be read is a 500`,
    options,
    async t => {
      const app = await make(t)
      // A secret that is no whsec_ is taken as it stands.
      const secret = 'as it stands'
      await app.start(secret)
      const welcome = { send: [{ to: '1-1', message: { welcome: 'Anna', room: 'lobby' } }] }
      for (let time = 1; time <= 2; time++) {
        assert.deepEqual(await (await ask(app, opened('1-1'), { secret })).json(), welcome)
        const answer = await ask(
          app,
          { ...opened('1-1'), event: 'close', code: 1000, reason: '' },
          { secret },
        )
        assert.deepEqual([answer.status, await answer.text()], [204, ''])
      }
      for (const broken of ['{', '{"event": "open"}', '{"event": "message", "conn": {}}']) {
        assert.equal((await ask(app, broken, { secret })).status, 500, broken)
      }
    },
  )

  test(`${name}: without a secret it does nothing`, options, async t => {
    for (const none of ['', 'whsec_']) {
      const app = await make(t)
      try {
        await app.start(none)
      } catch (error) {
        assert.match(String(error), /WS_LISTENER_SECRET is not set/)
        continue
      }
      const body = JSON.stringify(opened('1-1'))
      const headers = webhookHeaders('1', body, [Buffer.alloc(0)], Date.now())
      assert.equal((await fetch(app.url, { method: 'POST', body, headers })).status, 500)
    }
  })
}

async function started(t: TestContext, make: Sample['make'], secrets = SECRET) {
  const app = await make(t)
  await app.start(SECRET)
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: app.listener, WS_LISTENER_SECRET: secrets },
  })
  return { app, gateway }
}

/** A client that has been welcomed. */
async function comes(
  t: TestContext,
  gateway: GatewayProcess,
  query: string,
  welcome: object,
): Promise<Client> {
  const client = await connect(t, `${gateway.url}/?${query}`)
  assert.deepEqual(await next(client), welcome)
  return client
}

/** How many messages of a client have been looked at. */
const seen = new WeakMap<Client, number>()

/** The next message that it gets. */
async function next(client: Client): Promise<unknown> {
  const index = seen.get(client) ?? 0
  seen.set(client, index + 1)
  return JSON.parse(String((await client.messages(index + 1))[index]))
}

/** All further messages up to now. */
async function rest(client: Client): Promise<unknown[]> {
  // A gateway that is busy writes in the turn after the next: a pong may overtake what was sent before it.
  await client.settled()
  await client.settled()
  return client.got.slice(seen.get(client))
}

/** What the gateway has found wrong with the application's answers. */
function faults({ lines }: GatewayProcess): unknown[] {
  return lines.filter(line => line.event === 'listener.error').map(line => line.msg)
}

const seconds = (): number => Math.floor(Date.now() / 1000)

const opened = (id: string): object => ({
  event: 'open',
  gateway: 'websocket',
  conn: { id, ip: '127.0.0.1', path: '/', query: 'name=Anna', groups: ['lobby'], state: { name: 'Anna' } },
})

interface Ask {
  readonly secret?: string
  readonly at?: Date
  /** What is signed in place of the body. */
  readonly signed?: object
  readonly headers?: Record<string, string>
}

/** Asks an application as the gateway does. */
function ask(app: Application, event: object | string, { secret = SECRET, at, signed, headers }: Ask = {}) {
  const text = (value: object | string) => (typeof value === 'string' ? value : JSON.stringify(value))
  const when = at ?? new Date()
  const id = 'msg_1'
  const webhook = new Webhook(secret, secret.startsWith('whsec_') ? {} : { format: 'raw' })
  const signature = webhook.sign(id, when, text(signed ?? event))
  return fetch(app.url, {
    method: 'POST',
    body: text(event),
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': `${Math.floor(when.getTime() / 1000)}`,
      'webhook-signature': signature,
      ...headers,
    },
  })
}
