/** The profile `php` of docker-compose.yml: an application in PHP is the listener, and pushes. */
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { type Client, connect, refused } from '../support/client.ts'
import { missing } from '../support/needs.ts'
import { freePort } from '../support/ports.ts'
import { composers, noCompose } from './composers.ts'
import { docker, inspect, must, unique, until } from './engine.ts'
import { phpImage } from './php-image.ts'

const CHROMIUM = '/usr/bin/chromium'

/** Each message, by who it is from, or as it came. */
function seen(client: Client): unknown[] {
  return client.got.map(text => {
    assert.equal(typeof text, 'string')
    return String(text).startsWith('{') ? JSON.parse(String(text)) : text
  })
}

suite('compose --profile php', () => {
  for (const [program = '', ...words] of composers) {
    test(`${[program, ...words].join(' ')}`, { skip: noCompose }, async t => {
      const project = unique('compose-php')
      // The page tells it to the browser, so it must be known beforehand.
      const port = await freePort()
      const env = {
        COMPOSE_PROJECT_NAME: project,
        GATEWAY_PORT: '127.0.0.1:',
        PHP_GATEWAY_PORT: `127.0.0.1:${port}`,
        PHP_PORT: '127.0.0.1:',
        WS_LISTENER_SECRET: 'a-secret-of-this-test-and-nobody-else',
      }
      const plain = (...more: string[]) => must(program, [...words, ...more], { env })
      const compose = (...more: string[]) => plain('--profile', 'php', ...more)
      t.after(() => compose('down', '--volumes', '--rmi', 'local', '--timeout', '3'))
      await phpImage(t)

      const gateway = `ws://127.0.0.1:${port}`
      const containerOf = (service: string) => compose('ps', '-q', service)
      const phpUrl = async () => `http://${await compose('port', 'php', '8080')}`
      /** Connects, and has read its welcome. */
      const enter = async (t: TestContext, query: string) => {
        const url = `${gateway}/?${query}`
        const client = await until('a connection', () => connect(t, url).catch(() => false as const))
        await client.messages(1)
        return client
      }
      const status = async () => {
        const id = await containerOf('gateway-php')
        return JSON.parse(await docker('exec', id, 'gateway', 'status', '--json'))
      }
      /** The clients of the test before are cut off at its end; the gateway hears of it a little later. */
      const nobody = () => until('nobody', async () => (await status()).connections === 0)
      const push = async (text: string, headers: Record<string, string> = {}) =>
        fetch(await phpUrl(), { method: 'POST', headers, body: new URLSearchParams({ text }) })

      await t.test('without the profile there is nothing of it', async () => {
        await plain('up', '--no-start', '--build')
        const own = ['--filter', `label=com.docker.compose.project=${project}`]
        const format = '{{.Label "com.docker.compose.service"}}'
        const services = await docker('ps', '--all', ...own, '--format', format)
        assert.deepEqual(services.split('\n').sort(), ['clock', 'gateway', 'online'])
      })

      await t.test('with it, both are hardened, and PHP is another user than the gateway', async () => {
        await compose('up', '--detach', '--build')
        for (const service of ['gateway', 'gateway-php', 'php']) {
          const { Config, HostConfig } = await inspect(await containerOf(service))
          assert.equal(Config.User, service === 'php' ? '33:33' : 'node')
          assert.equal(HostConfig.ReadonlyRootfs, true)
          assert.deepEqual(HostConfig.CapDrop, ['ALL'])
          assert.deepEqual(HostConfig.SecurityOpt, ['no-new-privileges'])
        }
      })

      await t.test('PHP lets in who has a name, and passes messages on in the room', async t => {
        const anna = await enter(t, 'name=anna')
        assert.equal(await refused(`${gateway}/`), 403)
        const ben = await enter(t, 'name=ben')
        const away = await enter(t, 'name=carla&room=elsewhere')
        anna.send('Grüße')
        await ben.messages(2)
        ben.send('to you too')
        await anna.messages(2)
        assert.deepEqual(seen(ben), [
          { welcome: 'ben', room: 'lobby' },
          { from: 'anna', text: 'Grüße' },
        ])
        assert.deepEqual(seen(anna), [
          { welcome: 'anna', room: 'lobby' },
          { from: 'ben', text: 'to you too' },
        ])
        assert.deepEqual(seen(away), [{ welcome: 'carla', room: 'elsewhere' }])
      })

      await t.test("the page's form pushes to everyone, but no form of another site", async t => {
        await nobody()
        const clients = [await enter(t, 'name=anna'), await enter(t, 'name=ben&room=elsewhere')]
        const answer = await push('from the form')
        assert.equal(await answer.text(), 'pushed to 2 connections\n')
        assert.equal(answer.status, 200)
        assert.equal((await push('from another site', { Origin: 'http://example.com' })).status, 403)
        assert.equal((await push('')).status, 400)
        await push('the last one')
        for (const client of clients) {
          await client.messages(3)
          assert.deepEqual(client.got.slice(1), ['from the form', 'the last one'])
        }
      })

      await t.test('the page in a browser', { skip: missing(CHROMIUM, 'chromium') }, async t => {
        const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
        const browser = await chromium.launch({ executablePath: CHROMIUM, args })
        t.after(() => browser.close())
        const page = await browser.newPage()
        await nobody()
        await page.goto(await phpUrl())
        const field = (label: string) => page.getByLabel(label, { exact: true })
        const button = (name: string) => page.getByRole('button', { name, exact: true })
        const line = (text: string) => page.getByRole('listitem').getByText(text, { exact: true }).waitFor()
        await field('Name').fill('<b>dora</b>')
        await button('Connect').click()
        await line('You are <b>dora</b>, in lobby')
        const other = await enter(t, 'name=emil')
        await field('Message to the room').fill('hello')
        await button('Send').click()
        await other.messages(2)
        assert.deepEqual(seen(other)[1], { from: '<b>dora</b>', text: 'hello' })
        other.send('hello, browser')
        await line('emil: hello, browser')
        await field('Push to everyone').fill('news')
        await button('Push').click()
        await page.getByText('pushed to 2 connections', { exact: true }).waitFor()
        await line('news')
      })

      await t.test('nothing is lost while PHP is started anew, and the order stays', async t => {
        const anna = await enter(t, 'name=anna')
        const ben = await enter(t, 'name=ben')
        const phpsStart = async () => (await inspect(await containerOf('php'))).State.StartedAt
        const before = await phpsStart()
        let isOver = false
        const restarted = compose('restart', 'php').finally(() => {
          isOver = true
        })
        const sent: string[] = []
        while (!isOver) {
          sent.push(`message ${sent.length}`)
          anna.send(sent.at(-1) ?? '')
          await pause(5)
        }
        await restarted
        assert.notEqual(await phpsStart(), before)
        await ben.messages(1 + sent.length, 30_000)
        assert.deepEqual(
          seen(ben).slice(1),
          sent.map(text => ({ from: 'anna', text })),
        )
        assert.equal(anna.got.length, 1)
        const { listener } = await status()
        assert.ok(listener.requests.retried > 0, JSON.stringify(listener))
      })

      await t.test('all ends by itself, the gateway before the application', async t => {
        const client = await enter(t, 'name=anna')
        const containers = await Promise.all(['gateway-php', 'php'].map(containerOf))
        // With Docker's grace of ten seconds, after which it would be 137.
        await compose('stop')
        assert.equal((await client.closed).code, 1001)
        const [gatewayEnd, phpEnd] = (await Promise.all(containers.map(inspect))).map(({ State }) => State)
        assert.deepEqual([gatewayEnd.ExitCode, phpEnd.ExitCode], [0, 0])
        assert.ok(gatewayEnd.FinishedAt < phpEnd.FinishedAt, `${gatewayEnd.FinishedAt} ${phpEnd.FinishedAt}`)
        const [log = '', phpsLog] = await Promise.all(containers.map(id => docker('logs', id)))
        assert.match(log, /"event":"client.close"/)
        // No event has failed: the last ones, of the connections that end, were told as well.
        assert.doesNotMatch(log, /"event":"listener.error"/)
        assert.doesNotMatch(String(phpsLog), /PHP (Fatal|Warning|Notice|Deprecated)/)

        await compose('start', 'php')
        const answer = await push('to nobody')
        assert.match(await answer.text(), /^the gateway cannot be reached: /)
        assert.equal(answer.status, 503)
      })
    })
  }
})
