/** Prometheus's own tools, and what a scrape gives. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { eventually } from './eventually.ts'
import type { GatewayProcess } from './gateway.ts'
import { missing } from './needs.ts'
import { freePort } from './ports.ts'

const PROMTOOL = '/usr/bin/promtool'
const PROMETHEUS = '/usr/bin/prometheus'

/** Why tests with Prometheus are skipped, or false. */
export const withoutPrometheus = missing(PROMTOOL, 'prometheus') || missing(PROMETHEUS, 'prometheus')

/** Runs promtool, which must find nothing wrong. */
export function promtool(words: readonly string[], input?: string): void {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, words, { input, encoding: 'utf8' })
  // What `check metrics` only advises it says on standard error, and ends well.
  const said = words[1] === 'metrics' ? stdout + stderr : ''
  assert.deepEqual({ status, said }, { status: 0, said: '' }, `${stdout}${stderr}`)
}

/** The values of a scrape by their series, such as `name{label="value"}`. */
export class Scraped {
  readonly text: string
  readonly values: ReadonlyMap<string, number>
  /** The names behind `# TYPE`. */
  readonly names: readonly string[]

  constructor(text: string) {
    this.text = text
    const lines = text.split('\n').filter(line => line !== '')
    this.values = new Map(
      lines
        .filter(line => !line.startsWith('#'))
        .map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    )
    this.names = lines.filter(line => line.startsWith('# TYPE ')).map(line => line.split(' ')[2] ?? '')
  }

  /** @param series without the prefix of the gateway's own */
  own(series: string): number | undefined {
    return this.values.get(`websocket_gateway_${series}`)
  }
}

/** What the control socket gives. */
export async function scrape(gateway: GatewayProcess): Promise<Scraped> {
  const { status, body } = await gateway.call('GET', '/metrics')
  assert.equal(status, 200)
  return new Scraped(body)
}

export class Prometheus {
  readonly #url: string

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}/api/v1`
  }

  // What a test reads out of an answer is checked by its assertions.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  async get(path: string): Promise<any> {
    const response = await fetch(`${this.#url}${path}`)
    const body = await response.json()
    assert.equal(response.status, 200, JSON.stringify(body))
    return (body as { data: unknown }).data
  }

  /** @returns the series that an expression gives */
  async query(expr: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
    return (await this.get(`/query?query=${encodeURIComponent(expr)}`)).result
  }
}

/** Starts one with a configuration in a folder; it is ended with the test. */
export async function startPrometheus(
  t: TestContext,
  folder: string,
  configFile: string,
): Promise<Prometheus> {
  const port = await freePort()
  const child = spawn(
    PROMETHEUS,
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  const closed = once(child, 'close')
  t.after(async () => {
    child.kill('SIGKILL')
    await closed
  })
  const prometheus = new Prometheus(port)
  await eventually('Prometheus', async () => {
    assert.equal(child.exitCode, null, said)
    return prometheus.get('/status/config')
  })
  return prometheus
}
