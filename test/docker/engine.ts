/** A real Docker engine: the image, containers of it, and their end. Everything is removed when its test ends. */
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { get } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type Client, connect } from '../support/client.ts'
import { root, temporaryFolder } from '../support/gateway.ts'
import { IMAGE, readmeCommand } from './readme.ts'

/** On all that the tests make, so that what an interrupted run leaves behind can be found and removed. */
export const LABEL = 'websocket-gateway.test'

/** The one tag that stays: it keeps the layers of the build for the next run. */
const TAG = 'websocket-gateway:test'

export const BASE = 'node:24-bookworm-slim'

/**
 * Why the tests with Docker are skipped, or false when an engine is there. In CI a missing engine is a failure,
 * never a skip: `.ci/run` starts one.
 */
export const noEngine: string | false =
  process.env.CI !== 'true' &&
  spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 20_000 }).status !== 0 &&
  'SKIPPED: no Docker engine answers here (`docker info` fails), so NOTHING of the container is tested'

/** A test that needs the engine. Each one that is skipped says so, and counts as skipped in the runner's summary. */
export function dockerTest(name: string, body: (t: TestContext) => Promise<void>): void {
  test(name, { skip: noEngine }, body)
}

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Record<string, string>
  readonly cwd?: string
  readonly input?: string
}

/** Runs a program to its end, whatever its exit code. */
export function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...words],
      {
        cwd: options.cwd ?? root,
        env: { ...process.env, ...options.env },
        maxBuffer: 64 << 20,
        timeout: 300_000,
      },
      (error, out, err) => {
        if (error !== null && typeof error.code !== 'number') reject(error)
        else resolve({ code: Number(error?.code ?? 0), out, err })
      },
    )
    child.stdin?.end(options.input)
  })
}

/** Like `run`, but anything other than exit code 0 is an error that tells all. */
export async function must(program: string, words: readonly string[], options?: RunOptions): Promise<string> {
  const ran = await run(program, words, options)
  if (ran.code === 0) return ran.out.trim()
  throw new Error(`${program} ${words.join(' ')}: exit ${ran.code}\n${ran.out}${ran.err}`)
}

/** `docker …`, which must succeed. */
export function docker(...words: string[]): Promise<string> {
  return must('docker', words)
}

/** `docker inspect` of one thing, as it came. */
// biome-ignore lint/suspicious/noExplicitAny: Docker's own document, read by assertions alone
export async function inspect(name: string): Promise<any> {
  return JSON.parse(await docker('inspect', name))[0]
}

let built: Promise<string> | undefined

/** The image's id. Built from this working tree, which takes a second when nothing has changed since the last time. */
export function image(): Promise<string> {
  const [program = '', ...words] = readmeCommand('docker build', { [IMAGE]: TAG })
  built ??= must(program, words).then(() => docker('inspect', '--format', '{{.Id}}', TAG))
  return built
}

let made = 0

/** A name that no other container, volume or project has. */
export function unique(what: string): string {
  made += 1
  return `gwtest-${what}-${process.pid}-${Date.now().toString(36)}-${made}`
}

/** Waits until something holds, and gives it; asks again every 100 ms. */
export async function until<T>(
  what: string,
  holds: () => Promise<T | false | undefined>,
  withinMs = 30_000,
): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const value = await holds()
    if (value !== false && value !== undefined) return value
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** A named volume; it goes when the test ends, with whatever still uses it. */
export async function volume(t: TestContext): Promise<string> {
  const name = unique('volume')
  t.after(async () => {
    const users = await docker('ps', '-aq', '--filter', `volume=${name}`)
    if (users !== '') await docker('rm', '-f', '-v', ...users.split('\n'))
    await docker('volume', 'rm', '-f', name)
  })
  return docker('volume', 'create', '--label', LABEL, name)
}

/** Whether there is a 200. Docker takes connections before the gateway is there, and resets them: that is a no. */
function answersWell(url: string): Promise<boolean> {
  return new Promise(resolve => {
    const call = get(url, { agent: false }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    call.on('error', () => resolve(false))
    call.setTimeout(2000, () => call.destroy())
  })
}

export interface ContainerOptions {
  /** Further words of `docker run`, before the image. */
  readonly words?: readonly string[]
  /** What the container runs instead of the gateway. */
  readonly command?: readonly string[]
  /** Where `docker run` is called; the paths of its mounts may be relative to it. */
  readonly cwd?: string
}

/** A container of the image; it is removed when the test ends. */
export class Container {
  readonly name: string
  /** The port on 127.0.0.1 that leads to the gateway. Docker gives another one at each start. */
  port = 0

  constructor(name: string) {
    this.name = name
  }

  /** What a command in the container did. */
  exec(...words: string[]): Promise<Ran> {
    return run('docker', ['exec', this.name, ...words])
  }

  /** `docker exec NAME gateway …`, which must succeed; what it printed. */
  async gateway(...words: string[]): Promise<string> {
    return docker('exec', this.name, 'gateway', ...words)
  }

  /** What the container has printed, standard error too. */
  async logs(): Promise<string> {
    const { out, err } = await run('docker', ['logs', this.name])
    return out + err
  }

  /** Waits until the gateway listens. */
  async listening(): Promise<this> {
    await until('the gateway to listen', async () => {
      if (!(await this.isRunning())) throw new Error(`the container has ended:\n${await this.logs()}`)
      const published = await run('docker', ['port', this.name, '10125/tcp'])
      this.port = Number(/:(\d+)$/m.exec(published.out)?.[1])
      return this.port > 0 && (await answersWell(`http://127.0.0.1:${this.port}/healthz`))
    })
    return this
  }

  client(t: TestContext, path = '/'): Promise<Client> {
    return connect(t, `ws://127.0.0.1:${this.port}${path}`)
  }

  async isRunning(): Promise<boolean> {
    return (await inspect(this.name)).State.Running
  }

  /** Waits for the container to end by itself, and gives its exit code. */
  async ended(): Promise<number> {
    return Number(await docker('wait', this.name))
  }

  /** `healthy`, `unhealthy` or `starting`. */
  async health(): Promise<string> {
    return (await inspect(this.name)).State.Health.Status
  }
}

/** A folder of the host to be mounted, open to the container's user as well; it goes when the test ends. */
export function mountable(t: TestContext): string {
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o755)
  return folder
}

/** Starts a container of the image, without waiting for what runs in it. */
export async function spawnContainer(t: TestContext, options: ContainerOptions = {}): Promise<Container> {
  const id = await image()
  const container = new Container(unique('gateway'))
  t.after(() => docker('rm', '-f', '-v', container.name))
  const given = options.words ?? []
  const publish = given.includes('-p') ? [] : ['-p', '127.0.0.1::10125']
  const words = ['--label', LABEL, ...publish, ...given]
  await must('docker', ['run', '-d', '--name', container.name, ...words, id, ...(options.command ?? [])], {
    cwd: options.cwd ?? root,
  })
  return container
}

/** Starts a container of the image, and waits until its gateway listens. */
export async function startContainer(t: TestContext, options?: ContainerOptions): Promise<Container> {
  return (await spawnContainer(t, options)).listening()
}
