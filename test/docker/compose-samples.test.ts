/** The profile `samples` of docker-compose.yml: what test/samples tests by itself is there, and finds each other. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { launchBrowser, noBrowser } from '../support/browser.ts'
import { refused } from '../support/client.ts'
import { freePort } from '../support/ports.ts'
import { composers, noCompose } from './composers.ts'
import { inspect, must, unique, until } from './engine.ts'

const NAMES = ['chat', 'rooms', 'dashboard', 'notifications', 'ticker']

suite('compose --profile samples', () => {
  for (const [program = '', ...words] of composers) {
    test(`${[program, ...words].join(' ')}`, { skip: noCompose || noBrowser }, async t => {
      const project = unique('compose-samples')
      // The pages tell them to the browser, so they must be known beforehand.
      const ports = new Map<string, number>()
      for (const name of NAMES) ports.set(name, await freePort())
      const portOf = (name: string) => `127.0.0.1:${ports.get(name)}`
      const env = {
        COMPOSE_PROJECT_NAME: project,
        GATEWAY_PORT: '127.0.0.1:',
        SAMPLES_PORT: '127.0.0.1:',
        SAMPLES_SECRET: 'a-secret-of-this-test-and-nobody-else',
        ...Object.fromEntries(NAMES.map(name => [`${name.toUpperCase()}_GATEWAY_PORT`, portOf(name)])),
      }
      const compose = (...more: string[]) =>
        must(program, [...words, '--profile', 'samples', ...more], { env })
      t.after(() => compose('down', '--volumes', '--rmi', 'local', '--timeout', '3'))
      const services = ['samples', ...NAMES.map(name => `gateway-${name}`)]
      // Without clock and online, which test/docker/compose.test.ts has.
      await compose('up', '--detach', '--build', ...services)
      for (const service of services) {
        const { Config, HostConfig } = await inspect(await compose('ps', '-q', service))
        assert.equal(Config.User, 'node')
        assert.equal(HostConfig.ReadonlyRootfs, true)
        assert.deepEqual(HostConfig.CapDrop, ['ALL'])
        assert.deepEqual(HostConfig.SecurityOpt, ['no-new-privileges'])
      }
      for (const name of NAMES) {
        const isUp = () =>
          fetch(`http://${portOf(name)}/healthz`)
            .then(answer => answer.ok)
            .catch(() => false)
        await until(`the gateway of ${name}`, isUp)
      }

      const url = `http://${await compose('port', 'samples', '8081')}`
      const browser = await launchBrowser(t)
      const page = await browser.newPage()
      const other = await browser.newPage()
      const line = (text: string) => page.getByRole('listitem').getByText(text, { exact: true }).waitFor()
      const enter = async (name: string, fields: Record<string, string>, button: string, who = page) => {
        await who.goto(`${url}/${name}`)
        for (const [label, text] of Object.entries(fields)) {
          await who.getByLabel(label, { exact: true }).fill(text)
        }
        await who.getByRole('button', { name: button, exact: true }).click()
      }
      await page.goto(url)
      assert.deepEqual(await page.getByRole('link').allTextContents(), NAMES)

      await enter('chat', { Name: 'anna' }, 'Enter')
      await line('you have entered')
      await enter('rooms', { Name: 'anna', Room: 'cats' }, 'Enter', other)
      await other.getByText('Here: anna', { exact: true }).waitFor()
      await page.goto(`${url}/dashboard`)
      // A level line, of a machine that is wholly busy, has no height, which Playwright takes for hidden.
      await page.locator('polyline.cpu[points]').waitFor({ state: 'attached' })
      await page.goto(`${url}/ticker`)
      await page.getByRole('cell').first().waitFor()
      await enter('notifications', { 'I am': 'anna' }, 'Log in')
      await line('logged in')
      await compose(
        'exec',
        '-T',
        'gateway-notifications',
        'gateway',
        'push',
        '--user',
        'anna',
        '--data',
        '{"message": {"text": "hi"}}',
        '--id',
        'notifications',
      )
      await line('hi')
      assert.equal(await refused(`ws://${portOf('notifications')}`), 401)
      // One folder of control sockets.
      const list = await compose('exec', '-T', 'gateway-chat', 'gateway', 'list')
      for (const name of NAMES) assert.match(list, new RegExp(`${name} .*running`))
    })
  }
})
