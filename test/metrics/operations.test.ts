/** What stands in docs/operations.md, run as it stands there. */
import assert from 'node:assert/strict'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { operationsFile, withMetrics } from '../../scripts/docs.ts'
import { connect } from '../support/client.ts'
import { listener } from '../support/cluster.ts'
import { root, startGateway } from '../support/gateway.ts'
import { section, shellLines } from '../support/markdown.ts'
import { freePort } from '../support/ports.ts'
import { promtool, Scraped, withoutPrometheus } from '../support/prometheus.ts'
import { shell } from '../support/shell.ts'

const operations = readFileSync(operationsFile, 'utf8')
const commands = shellLines(operations)
const faults = shellLines(section(operations, 'A user says that nothing arrives'))

test('the tables of metrics are what src/metrics says', () => {
  assert.equal(operations, withMetrics(operations), 'run npm run docs')
})

test('the commands that scrape', { skip: withoutPrometheus }, async t => {
  const port = String(await freePort())
  const token = (commands.find(command => command.startsWith('export')) ?? '').match(/WS_CONTROL_TOKEN=(.*)/)
  const control = { WS_CONTROL_PORT: port, WS_CONTROL_TOKEN: 'a-token-of-good-length' }
  const gateway = await startGateway(t, { env: control })
  assert.match(await shell(gateway, `echo ${token?.[1]}`), /^[0-9a-f]{48}\n$/)
  cpSync(join(root, 'docs/prometheus'), join(gateway.folder, 'docs/prometheus'), { recursive: true })
  const done: string[] = []
  for (const command of commands) {
    if (faults.includes(command) || command.startsWith('export')) continue
    const out = await shell(gateway, command.replace('10126', port), control)
    if (/^curl -s .*metrics$/.test(command)) promtool(['check', 'metrics'], out)
    done.push(command)
  }
  assert.equal(done.length, 5)
  // The textfile collector of node_exporter has metrics of its own process.
  const { names, text } = new Scraped(readFileSync(join(gateway.folder, 'gateway.prom'), 'utf8'))
  assert.ok(names.includes('websocket_gateway_connections') && !/^(process|nodejs)/m.test(text))
  promtool(['check', 'metrics'], text)
})

test('the commands for a user to whom nothing arrives', async t => {
  const gateway = await startGateway(t, { listener: { 'listener.mjs': listener } })
  const anna = await connect(t, `${gateway.url}/?user=anna&group=cats`)
  await anna.messages(1)
  const answers = new Map<string, string>()
  for (const command of faults) {
    answers.set(command, await shell(gateway, command.replace('seconds=60', 'seconds=1')))
  }
  const answer = (part: string): string => [...answers].find(([command]) => command.includes(part))?.[1] ?? ''
  assert.match(answer('gateway status'), /running/)
  assert.equal(answer('push test'), 'pushed to 1 connection\n')
  assert.equal(JSON.parse(answer('/connections?')).connections[0].bufferedBytes, 0)
  assert.match(answer('groups cats'), /anna/)
  assert.match(answer('/trace?'), /^event: end\ndata: \{"reason":"time is up"\}/m)
  assert.match(answer('logs'), /client connected/)
  assert.deepEqual((await anna.messages(2)).slice(1), ['test'])
})
