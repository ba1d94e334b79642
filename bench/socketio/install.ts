/** Socket.IO for comparison: installed here at its first use. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

export const socketIoServer = join(here, 'server.mjs')
/** The same with rooms. */
export const socketIoGroups = join(here, 'groups.mjs')

/** The path and query by which a client of Engine.IO connects. */
export const ENGINE_IO = '/socket.io/?EIO=4&transport=websocket'

/** Installs it unless it is there. @throws when it cannot be */
export function installSocketIo(): void {
  const packages = ['socket.io', '@socket.io/redis-streams-adapter', 'redis']
  if (packages.every(name => existsSync(join(here, 'node_modules', name)))) return
  process.stderr.write('installing Socket.IO for the comparison (bench/socketio)\n')
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: here,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error('Socket.IO cannot be installed; leave it out with --servers')
}
