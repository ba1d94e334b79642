/** Tells soon that something may have been saved; what has changed indeed is for the fingerprint to say. */
import { basename, dirname } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import { candidates } from './find.ts'
import type { Fingerprint } from './fingerprint.ts'
import type { ListenerLog } from './log.ts'

/** The link that Kubernetes swaps when a ConfigMap changes. */
const SWAPPED = '..data'

export class Watch {
  readonly #root: string
  readonly #poke: () => void
  readonly #log: ListenerLog
  #watcher: FSWatcher | undefined
  #places = ''
  #warned = false

  /**
   * @param root the absolute path of `WS_LISTENER`
   * @param poke called for each event, often several times for one save
   */
  constructor(root: string, poke: () => void, log: ListenerLog) {
    this.#root = root
    this.#poke = poke
    this.#log = log
  }

  /** Watches these places from now on; anew when one was replaced, since a watch stays with the old one. */
  follow({ places, folders, files }: Fingerprint): void {
    if (places === this.#places) return
    this.#places = places
    this.#end()
    const wanted = new Set([...folders, ...files])
    const names = new Set([
      ...candidates,
      SWAPPED,
      basename(this.#root),
      ...files.map(file => basename(file)),
    ])
    const watcher = watch([...wanted], {
      ignoreInitial: true,
      // Nothing below is of interest, least of all node_modules or logs.
      depth: 0,
      ignored: path => !wanted.has(path),
      // Else the swap of a link is not seen.
      followSymlinks: false,
      atomic: false,
      ignorePermissionErrors: true,
    })
    watcher.on('all', this.#poke)
    // chokidar reads a folder once a second at most; its raw events come at once.
    watcher.on('raw', (_event, path, details) => {
      if (!path || names.has(basename(path)) || isFile(details, files)) this.#poke()
    })
    watcher.on('error', error => this.#failed(error))
    this.#watcher = watcher
  }

  close(): void {
    this.#places = ''
    this.#end()
  }

  #end(): void {
    this.#watcher?.close().catch((error: unknown) => this.#failed(error))
    this.#watcher = undefined
  }

  /** No reason to stop: the fingerprint is taken anyway. The system's limit of watches is a common cause. */
  #failed(error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    this.#log.warn(
      { event: 'error', err: error },
      `changes in ${dirname(this.#root)} cannot be watched, only polled`,
    )
  }
}

function isFile(details: unknown, files: readonly string[]): boolean {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return false
  return files.some(file => file === details.watchedPath)
}
