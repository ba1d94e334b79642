/** The samples of samples/, each with its gateway, and the application that serves their pages. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import {
  cleanEnvironment,
  type GatewayProcess,
  root,
  startGateway,
  temporaryFolder,
} from '../support/gateway.ts'

/** Signs the tokens of the sample with the notifications. */
const SECRET = 'the secret of this test alone, which is long enough'

export interface Samples<Name extends string> {
  /** Where the pages are: `http://127.0.0.1:PORT`. */
  readonly url: string
  readonly gateways: Readonly<Record<Name, GatewayProcess>>
  /** The folder of the control sockets, for pushes. */
  readonly controlDir: string
}

/** How a listener's first lines say that it is run. */
const COMMAND = /WS_GATEWAY_ID=(\S+) WS_PORT=(\d+) WS_LISTENER=(\S+) npm start/

/** Starts the gateways of some samples, as their first lines say but at free ports, and the application for them. */
export async function startSamples<Name extends string>(
  t: TestContext,
  names: readonly Name[],
): Promise<Samples<Name>> {
  const controlDir = temporaryFolder(t)
  const both = { WS_CONTROL_DIR: controlDir, WS_JWT_SECRET: SECRET }
  const started = names.map(async name => {
    const { WS_JWT_SECRET, ...open } = both
    const head = readFileSync(join(root, 'listener/examples', `${name}.ts`), 'utf8')
    const [, id = '', port, listener = ''] = COMMAND.exec(head) ?? []
    const page = readFileSync(join(root, 'samples', name, 'page.html'), 'utf8')
    assert.ok(page.includes(`:${port}/`), `the page of ${name} connects to another port than ${port}`)
    const env = {
      ...(name === 'notifications' ? both : open),
      WS_GATEWAY_ID: id,
      WS_LISTENER: join(root, listener),
      // Who leaves a room is told of soon.
      WS_PRESENCE_GRACE_MS: '50',
    }
    return [name, await startGateway(t, { env })] as const
  })
  const gateways = Object.fromEntries(await Promise.all(started)) as Record<Name, GatewayProcess>
  const ports = Object.entries<GatewayProcess>(gateways).map(([name, { port }]) => [
    `${name.toUpperCase()}_GATEWAY_PORT`,
    // As Compose takes it as well.
    `127.0.0.1:${port}`,
  ])
  const env = cleanEnvironment({ ...both, ...Object.fromEntries(ports), SAMPLES_PORT: '0' })
  const web = spawn(process.execPath, [join(root, 'samples/web.mjs'), ...names], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(async () => {
    web.kill('SIGKILL')
    if (web.exitCode === null) await once(web, 'close')
  })
  const [line] = await once(createInterface(web.stdout), 'line')
  const port = /:(\d+)$/.exec(line)?.[1]
  return { url: `http://127.0.0.1:${port}`, gateways, controlDir }
}
