/** Several nodes, scraped by a real Prometheus with the configuration, the alerts and the dashboard of docs. */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { catalogue } from '../../src/metrics/catalogue.ts'
import { startApplication } from '../support/application.ts'
import { connect } from '../support/client.ts'
import { joined, listener, startNode } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { type GatewayProcess, root, temporaryFolder } from '../support/gateway.ts'
import { codeBlocks } from '../support/markdown.ts'
import {
  type Prometheus,
  promtool,
  scrape,
  startPrometheus,
  withoutPrometheus,
} from '../support/prometheus.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { dashboardQueries } from './dashboard-queries.ts'

const token = 'a-token-of-good-length'
const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8')

/** The configuration of docs, which looks at these nodes, and more often. */
async function configuration(nodes: readonly GatewayProcess[], folder: string): Promise<string> {
  const config = codeBlocks(operations, 'yaml').find(block => block.startsWith('# prometheus.yml'))
  assert.ok(config)
  const targets = await Promise.all(
    nodes.map(async node => `"127.0.0.1:${(await node.event('control.listen')).port}"`),
  )
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: {evaluation_interval: 1s}\n${config.replace(/targets: .*/, `targets: [${targets}]`).replace('15s', '500ms')}`,
  )
  writeFileSync(join(folder, 'gateway-token'), token)
  cpSync(join(root, 'docs/prometheus/alerts.yml'), join(folder, 'alerts.yml'))
  promtool(['check', 'config', join(folder, 'prometheus.yml')])
  return join(folder, 'prometheus.yml')
}

/** Asks until there is something. */
function answered(prometheus: Prometheus, expr: string): Promise<unknown> {
  return eventually(expr, async () => (await prometheus.query(expr)).length > 0)
}

test('all metrics are there, Prometheus takes them, and no panel of the dashboard is empty', {
  skip: withoutPrometheus || withoutRedis,
}, async t => {
  const redis = await startRedis(t)
  const application = await startApplication(t, () => ({}))
  const env = {
    WS_CONTROL_PORT: '0',
    WS_CONTROL_TOKEN: token,
    WS_PUSH_STREAM: 'pushes',
    WS_MAX_CONNECTIONS: '100',
    // Nobody is to be taken for dead here, however slow the machine is.
    WS_NODE_TIMEOUT_MS: '10000',
  }
  const nodes = await Promise.all([
    startNode(t, redis, { listener: { 'listener.mjs': listener }, env }),
    startNode(t, redis, { env: { ...env, WS_LISTENER: application.url } }),
  ])
  await joined(nodes)
  const [first, second] = nodes
  const client = await connect(t, `${first.url}/?user=anna&group=cats`)
  await client.messages(1)
  const other = await connect(t, second.url)
  const folder = temporaryFolder(t)
  const prometheus = await startPrometheus(t, folder, await configuration(nodes, folder))
  await answered(prometheus, 'count(websocket_gateway_up == 1) == 2')

  // Something of everything, after the first scrape, so that it is an increase.
  client.send('to all')
  await other.messages(1)
  await redis.command('XADD', 'pushes', '*', 'data', '{"message": "by stream"}')
  await client.messages(3)
  await (await connect(t, first.url)).close(1000)

  const scraped = await Promise.all(nodes.map(scrape))
  for (const { text } of scraped) promtool(['check', 'metrics'], text)
  const [here, there] = scraped
  assert.ok(here && there)
  for (const node of scraped) {
    assert.equal(node.own('nodes'), 2)
    assert.equal(node.own('backplane_connected'), 1)
    assert.equal(node.own('backplane_buffer_limit_bytes'), 64 * 1024 * 1024)
    assert.equal((node.own('backplane_missed_total') ?? 1) + (node.own('backplane_dropped_total') ?? 1), 0)
    assert.equal(node.own('push_stream_failing'), 0)
  }
  assert.equal((here.own('push_stream_reader') ?? 0) + (there.own('push_stream_reader') ?? 0), 1)
  assert.ok((here.own('backplane_published_total') ?? 0) >= 1)
  assert.ok((there.own('backplane_received_total') ?? 0) >= 1)
  // A sign of life each two seconds.
  await eventually('the way through Redis', async () => {
    return ((await scrape(first)).own('backplane_lag_seconds') ?? 0) > 0
  })
  const known = Object.values(catalogue).flat()
  const names = new Set(scraped.flatMap(node => node.names))
  assert.deepEqual([...names].sort(), known.map(({ name }) => name).sort())

  const count = readFileSync(join(folder, 'alerts.yml'), 'utf8').match(/- alert:/g)?.length
  const alerts = await eventually('every alert looked at', async () => {
    const { groups } = await prometheus.get('/rules?type=alert')
    const { rules }: { rules: { name: string; health: string; state: string }[] } = groups[0]
    assert.equal(rules.length, count)
    return rules.every(({ health }) => health === 'ok') && rules
  })
  assert.deepEqual(
    alerts.filter(({ state }) => state === 'firing'),
    [],
  )
  for (const { expr, title } of dashboardQueries()) {
    const asked = expr
      .replaceAll(/\$(job|instance)/g, '.*')
      .replaceAll(/\[\$__(rate_interval|range)\]/g, '[1m]')
    await answered(prometheus, asked).catch(error =>
      assert.fail(`the panel ${title} is empty: ${error.message}`),
    )
  }

  // A listener that no longer loads is told of at the next scrape.
  writeFileSync(join(first.folder, 'listener/listener.mjs'), 'export const onMessage = ')
  await answered(prometheus, 'websocket_gateway_listener_degraded == 1 and websocket_gateway_up == 1')
})
