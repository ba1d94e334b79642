/** The sample applications of samples/, run by the real interpreters, as a developer would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { cleanEnvironment, root, temporaryFolder } from '../support/gateway.ts'
import { codeBlocks } from '../support/markdown.ts'
import { freePort, listening } from '../support/ports.ts'

export const PHP = '/usr/bin/php'
export const NGINX = '/usr/sbin/nginx'
export const PYTHON = '/usr/bin/python3'
export const RUBY = '/usr/bin/ruby'
export const FPM = phpFpmFile()

/** Its name has a version in it: php-fpm8.2. */
function phpFpmFile(): string {
  const folder = '/usr/sbin'
  const names = existsSync(folder) ? readdirSync(folder) : []
  return join(folder, names.find(name => name.startsWith('php-fpm')) ?? 'php-fpm')
}

/** As in PHP's official images: no php.ini, so that errors would be shown in the answer. */
const NO_INI = ['-n']

const sample = (name: string): string => join(root, 'samples', name)

/** One process of an application. */
interface Program {
  readonly words: readonly [string, ...string[]]
  readonly env?: Record<string, string>
  /** Where it listens when it is up: a port of 127.0.0.1, or a socket. */
  readonly at: number | string
}

/** An application that can be stopped and started again at the same place. */
export class Application {
  /** What `WS_LISTENER` takes. */
  readonly listener: string
  /** For requests that a test makes itself. */
  readonly url: string
  readonly #folder: string
  readonly #programs: readonly Program[]
  #running: { child: ChildProcess; closed: Promise<unknown> }[] = []
  #printed = ''

  constructor(t: TestContext, folder: string, url: string, programs: readonly Program[], listener = url) {
    this.url = url
    this.listener = listener
    this.#folder = folder
    this.#programs = programs
    t.after(async () => {
      await this.stop()
      // It may have written there after the folder was removed the first time.
      rmSync(folder, { recursive: true, force: true })
    })
  }

  async start(secret: string): Promise<void> {
    for (const { words, env, at } of this.#programs) {
      const [program, ...rest] = words
      const child = spawn(program, rest, {
        cwd: this.#folder,
        env: cleanEnvironment({ WS_LISTENER_SECRET: secret, ...env }),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', chunk => {
          this.#printed += chunk
        })
      }
      this.#running.push({ child, closed: once(child, 'close') })
      await Promise.race([listening(at), once(child, 'exit')])
      if (child.exitCode !== null) throw new Error(`${words.join(' ')} has ended:\n${this.#printed}`)
    }
  }

  /** In the way of `docker stop`. Its children are gone as well then, since they hold its output. */
  async stop(): Promise<void> {
    const running = this.#running.reverse()
    this.#running = []
    for (const { child, closed } of running) {
      child.kill('SIGTERM')
      await closed
    }
  }
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}/websocket`

export async function php(t: TestContext): Promise<Application> {
  const port = await freePort()
  const words = [PHP, ...NO_INI, '-S', `127.0.0.1:${port}`, sample('php/websocket.php')] as const
  return new Application(t, temporaryFolder(t), urlOf(port), [{ words, at: port }])
}

export async function python(t: TestContext): Promise<Application> {
  const port = await freePort()
  const program = {
    words: [PYTHON, sample('python/websocket.py')],
    env: { PORT: `${port}` },
    at: port,
  } as const
  return new Application(t, temporaryFolder(t), urlOf(port), [program])
}

export async function ruby(t: TestContext): Promise<Application> {
  const port = await freePort()
  const program = { words: [RUBY, sample('ruby/websocket.rb')], env: { PORT: `${port}` }, at: port } as const
  return new Application(t, temporaryFolder(t), urlOf(port), [program])
}

/** php-fpm behind nginx, with the settings that the docs give. nginx listens on a port, and on a Unix socket too. */
export async function phpFpm(t: TestContext, over: 'tcp' | 'unix'): Promise<Application> {
  const folder = temporaryFolder(t)
  const port = await freePort()
  const [fpmSocket, nginxSocket] = [join(folder, 'fpm.sock'), join(folder, 'nginx.sock')]
  mkdirSync(join(folder, 'srv'))
  copyFileSync(sample('php/websocket.php'), join(folder, 'srv/websocket.php'))
  // The pool of the docs is run by www-data, which may not look into a test's folder.
  const pool = docsBlock('ini', { '/run/php/chat.sock': fpmSocket }).replaceAll(
    'www-data',
    userInfo().username,
  )
  writeFileSync(join(folder, 'fpm.conf'), `[global]\nerror_log = ${folder}/fpm.log\n${pool}\n`)
  const server = docsBlock('nginx', {
    'listen 127.0.0.1:8080;': `listen 127.0.0.1:${port}; listen unix:${nginxSocket};`,
    'include fastcgi_params;': 'include /etc/nginx/fastcgi_params;',
    '/srv/chat/': `${folder}/srv/`,
    '/run/php/chat.sock': fpmSocket,
  })
  writeFileSync(
    join(folder, 'nginx.conf'),
    `user ${userInfo().username}; daemon off; worker_processes 2; pid ${folder}/nginx.pid; error_log stderr;
    events {} http { access_log off; ${temporaryPaths(folder)} ${server} }`,
  )
  const listener = over === 'unix' ? `unix:${nginxSocket}:/websocket` : urlOf(port)
  return new Application(
    t,
    folder,
    urlOf(port),
    [
      {
        words: [FPM, ...NO_INI, '-F', '--allow-to-run-as-root', '-y', join(folder, 'fpm.conf')],
        at: fpmSocket,
      },
      { words: [NGINX, '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], at: port },
    ],
    listener,
  )
}

/** nginx's own defaults lie in folders that only root may write to. */
function temporaryPaths(folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return kinds.map(kind => `${kind}_temp_path ${folder}/${kind};`).join(' ')
}

/** A block of the docs, with a test's own places in it. */
function docsBlock(language: string, places: Record<string, string>): string {
  const docs = readFileSync(join(root, 'docs/http-listener-samples.md'), 'utf8')
  let [block = ''] = codeBlocks(docs, language)
  for (const [from, to] of Object.entries(places)) {
    if (!block.includes(from)) throw new Error(`the docs' ${language} has no ${from}`)
    block = block.replaceAll(from, to)
  }
  return block
}
