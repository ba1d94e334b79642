/**
 * The control socket's file. A file that a killed process left behind never stops the next start, and a
 * socket that a living gateway holds is never taken from it, also when two start at the same moment: the
 * server binds to a name of its own, and that file is then linked to the real name, which is atomic.
 */
import { chmodSync, chownSync, linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs'
import { createConnection, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { makeFolder } from '../log/folder.ts'
import { LONGEST_SOCKET_PATH } from '../socket-path.ts'

/** The control socket cannot be had; the message is one line that says why. */
export class ControlSocketError extends Error {
  override readonly name = 'ControlSocketError'
}

export interface SocketFileOptions {
  readonly path: string
  readonly mode: number
  /** Null leaves the process's group. */
  readonly gid: number | null
}

/** A control socket that this process holds. */
export interface SocketFile {
  /** Removes the file, if it is still this process's. */
  remove(): void
}

/**
 * Lets a server listen on the control socket.
 * @throws ControlSocketError when another gateway holds it, or the folder or the path will not do
 */
export async function listenOn(server: Server, options: SocketFileOptions): Promise<SocketFile> {
  const { path } = options
  const bytes = Buffer.byteLength(path)
  if (bytes > LONGEST_SOCKET_PATH) {
    throw new ControlSocketError(
      `the control socket's path has ${bytes} bytes and the system takes ${LONGEST_SOCKET_PATH}: ${path}; set WS_CONTROL_DIR to a shorter one`,
    )
  }
  const folder = dirname(path)
  try {
    makeFolder(folder)
  } catch (error) {
    throw new ControlSocketError(
      `the control folder ${folder} (WS_CONTROL_DIR) cannot be made: ${reason(error)}`,
    )
  }
  const own = await bind(server, folder)
  try {
    chmodSync(own, options.mode)
    if (options.gid !== null) chownSync(own, -1, options.gid)
    const { ino } = lstatSync(own)
    await claim(own, path)
    return { remove: () => removeIf(path, ino) }
  } catch (error) {
    if (error instanceof ControlSocketError) throw error
    throw new ControlSocketError(`the control socket ${path} cannot be set up: ${reason(error)}`)
  } finally {
    removeIf(own, lstatSync(own, { throwIfNoEntry: false })?.ino)
  }
}

/** Binds to a name of this process's own, as short as the shortest real one, with rights for nobody else yet. */
async function bind(server: Server, folder: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    const own = join(folder, `.${Math.random().toString(36).slice(2, 7).padEnd(5, '0')}`)
    const bound = new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.once('listening', () => {
        server.off('error', reject)
        resolve()
      })
    })
    // The bind happens within the call; no other file may get this umask.
    const umask = process.umask(0o177)
    server.listen(own)
    process.umask(umask)
    try {
      await bound
      return own
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' && tries < 5) continue
      throw new ControlSocketError(
        `the control folder ${folder} (WS_CONTROL_DIR) cannot be written: ${reason(error)}`,
      )
    }
  }
}

/** Gives the bound socket its real name, past a file that nobody holds any more. */
async function claim(own: string, path: string): Promise<void> {
  for (;;) {
    try {
      linkSync(own, path)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    await clear(path, own)
  }
}

/** Removes a dead socket file. It is moved aside first, so that one which came alive meanwhile is put back. */
async function clear(path: string, own: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new ControlSocketError(`${path} is there, and is no socket: move it away`)
  if (await isAlive(path)) throw held(path)
  const aside = `${own}~`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (lstatSync(aside).ino !== found.ino && (await isAlive(aside))) {
    linkSync(aside, path)
    unlinkSync(aside)
    throw held(path)
  }
  unlinkSync(aside)
}

function held(path: string): ControlSocketError {
  return new ControlSocketError(
    `another gateway holds the control socket ${path}; give this one another WS_GATEWAY_ID or WS_CONTROL_DIR`,
  )
}

/** Whether somebody accepts connections there. Only a refusal says no; a full backlog or missing right is a yes. */
function isAlive(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createConnection(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}

function removeIf(path: string, ino: number | undefined): void {
  if (ino === undefined || lstatSync(path, { throwIfNoEntry: false })?.ino !== ino) return
  unlinkSync(path)
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
