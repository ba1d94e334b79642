/** Processes that a benchmark starts: bound to a core, and never left behind. */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { createInterface } from 'node:readline'

const running = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))

/** Starts a process that ends with this one at the latest. */
export function start(command: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [file = '', ...args] = command
  const child = spawn(file, args, options)
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

/** Puts this process and what it starts above other work on the machine. Needs root. */
export function aboveOtherWork(): void {
  const most = -19
  setPriority(most)
  // Where Linux groups processes by session, the group's own niceness is what counts between terminals.
  const group = '/proc/self/autogroup'
  if (!existsSync(group)) return
  writeFileSync(group, String(most))
  process.on('exit', () => writeFileSync(group, '0'))
}

/** The command that runs another on one core. */
export function onCore(core: string, command: readonly string[]): string[] {
  return ['taskset', '-c', core, ...command]
}

/** Ends a process, and waits until it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('close', resolve))
  child.kill('SIGKILL')
  await gone
}

/**
 * Runs a command to its end.
 * @returns what it wrote to standard output
 * @throws when it ends with another code than those allowed, or does not end in time
 */
export async function run(command: readonly string[], timeoutMs: number, codes = [0]): Promise<string> {
  const child = start(command, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code === null) throw new Error(`${command.join(' ')} did not end within ${timeoutMs} ms`)
  if (!codes.includes(code)) throw new Error(`${command.join(' ')} ended with code ${code}`)
  return output
}

/** True when a command can be run. */
export function canRun(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined
}

/**
 * Waits for the line of JSON on standard output that has a `port`, as the log of the gateway and the servers here
 * write it. What comes after is read and dropped, as a log driver would.
 */
export async function portOf(child: ChildProcess, timeoutMs: number): Promise<number> {
  if (child.stdout === null) throw new Error('standard output must be a pipe')
  const lines = createInterface(child.stdout)
  return await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no port within ${timeoutMs} ms`)), timeoutMs)
    child.once('error', reject)
    child.once('close', code => reject(new Error(`ended with code ${code} before it listened`)))
    lines.on('line', line => {
      const port = portIn(line)
      if (port === undefined) return
      clearTimeout(late)
      lines.removeAllListeners('line').close()
      child.stdout?.resume()
      resolve(port)
    })
  })
}

function portIn(line: string): number | undefined {
  if (!line.includes('"port":')) return undefined
  const { port } = JSON.parse(line) as { port?: unknown }
  return typeof port === 'number' ? port : undefined
}
