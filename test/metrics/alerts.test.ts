/** The alert rules and the dashboard of docs. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { catalogue } from '../../src/metrics/catalogue.ts'
import { root, temporaryFolder } from '../support/gateway.ts'
import { section } from '../support/markdown.ts'
import { promtool, withoutPrometheus } from '../support/prometheus.ts'
import { dashboardQueries, type Panel, readDashboard } from './dashboard-queries.ts'

const alertsFile = join(root, 'docs/prometheus/alerts.yml')

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly labels?: { readonly severity?: string }
  readonly annotations?: { readonly summary?: string }
}

const rules: Rule[] = parse(readFileSync(alertsFile, 'utf8')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
)
const alerts = rules.filter(rule => rule.alert !== undefined)

/** All names that a query may use. */
const series = new Set([
  'up',
  ...rules.flatMap(({ record }) => record ?? []),
  ...Object.values(catalogue)
    .flat()
    .flatMap(({ name, type }) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map(end => name + end) : [name],
    ),
])

/** The names of series in an expression. */
function namesIn(expr: string): string[] {
  return expr.match(/\b(?:websocket_gateway|process|nodejs)[_:][\w:]+|\bup\b/g) ?? []
}

test('promtool finds nothing in the rules, and they fire when they should', {
  skip: withoutPrometheus,
}, () => {
  promtool(['check', 'rules', alertsFile])
  promtool(['test', 'rules', join(root, 'docs/prometheus/alerts.test.yml')])
})

test('alerts and panels ask for what there is', () => {
  for (const { expr } of [...rules, ...dashboardQueries()]) {
    assert.ok(namesIn(expr).length > 0, expr)
    for (const name of namesIn(expr)) assert.ok(series.has(name), `${name} in ${expr}`)
  }
  const { templating } = readDashboard()
  for (const { definition } of templating.list) {
    for (const name of namesIn(definition ?? '')) assert.ok(series.has(name), definition)
  }
})

test('each alert has a severity, a line of its own, and a row in docs/operations.md that says what to do', () => {
  const text = section(readFileSync(join(root, 'docs/operations.md'), 'utf8'), 'Alerts')
  const rows = [...text.matchAll(/^\| `(Gateway\w+)` \| .{10,} \| .{10,} \|$/gm)].map(([, name]) => name)
  assert.deepEqual(
    rows,
    alerts.map(({ alert }) => alert),
  )
  for (const { alert, labels, annotations } of alerts) {
    assert.match(labels?.severity ?? '', /^(critical|warning)$/, alert)
    assert.match(annotations?.summary ?? '', /\{\{ \$labels\./, alert)
  }
})

test('the dashboard can be imported, and each of its panels can be drawn', { skip: withoutPrometheus }, t => {
  const { id, uid, title, schemaVersion, panels, templating } = readDashboard()
  // One without an id is a new one to Grafana; with a data source that is a variable it asks for one.
  assert.deepEqual(
    { id, uid, title, schemaVersion },
    {
      id: null,
      uid: 'websocket-gateway',
      title: 'WebSocket gateway',
      schemaVersion: 39,
    },
  )
  const variables = templating.list.map(({ name, type }) => `${name}: ${type}`)
  assert.deepEqual(variables, ['datasource: datasource', 'job: query', 'gateway: query', 'instance: query'])
  assert.equal(new Set(panels.map(panel => panel.id)).size, panels.length)
  const source = { type: 'prometheus', uid: `\${datasource}` }
  for (const panel of panels.filter(({ type }) => type !== 'row')) {
    assert.match(panel.type, /^(stat|timeseries|heatmap)$/)
    assert.deepEqual(panel.datasource, source, panel.title)
    assert.ok(panel.targets?.length, panel.title)
    const refs = panel.targets.map(({ refId }) => refId)
    assert.equal(new Set(refs).size, refs.length, panel.title)
    for (const { datasource, expr } of panel.targets) {
      assert.deepEqual(datasource, source)
      assert.match(expr, /\{job=~"\$job", instance=~"\$instance"/)
    }
  }
  for (const [i, panel] of panels.entries()) {
    const { x, w } = panel.gridPos
    assert.ok(x >= 0 && x + w <= 24, panel.title)
    for (const other of panels.slice(i + 1)) {
      assert.ok(!overlap(panel, other), `${panel.title} lies on ${other.title}`)
    }
  }
  // Grafana puts a time there.
  const queries = dashboardQueries().map(({ expr }, i) => ({
    record: `panel:${i}`,
    expr: expr.replaceAll(/\$__(rate_interval|range)/g, '5m'),
  }))
  const folder = temporaryFolder(t)
  // JSON is YAML.
  writeFileSync(join(folder, 'panels.yml'), JSON.stringify({ groups: [{ name: 'panels', rules: queries }] }))
  promtool(['check', 'rules', '--lint=none', join(folder, 'panels.yml')])
})

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}
