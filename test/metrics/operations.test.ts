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
  const out: Record<string, string> = {}
  for (const command of faults) out[command] = await shell(gateway, command)
  assert.match(out['gateway status'] ?? '', /running/)
  assert.equal(out['gateway push test --user anna'], 'pushed to 1 connection\n')
  assert.match(out['gateway groups cats'] ?? '', /anna/)
  assert.match(out['gateway logs -n 100'] ?? '', /client\.open|client connected/)
  assert.deepEqual((await anna.messages(2)).slice(1), ['test'])
})
