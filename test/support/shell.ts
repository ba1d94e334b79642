/** A shell in a gateway's folder, with the command `gateway` on its path. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cleanEnvironment, cliFile, type GatewayProcess } from './gateway.ts'

export function shellEnvironment(
  gateway: GatewayProcess,
  more: Record<string, string> = {},
): Record<string, string> {
  const bin = join(gateway.folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'gateway'), `#!/bin/sh\nexec '${process.execPath}' '${cliFile}' "$@"\n`)
  chmodSync(join(bin, 'gateway'), 0o755)
  return cleanEnvironment({ PATH: `${bin}:${process.env.PATH}`, ...more })
}

/** Runs a line, which must succeed, and gives what it printed. */
export async function shell(
  gateway: GatewayProcess,
  line: string,
  more?: Record<string, string>,
): Promise<string> {
  const child = spawn('/bin/sh', ['-c', line], {
    cwd: gateway.folder,
    env: shellEnvironment(gateway, more),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 0, line)
  return text
}
