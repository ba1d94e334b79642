/** Warns of a mount of one file whose original was replaced: it shows the old content for ever. */
import type { Fingerprint } from './fingerprint.ts'
import type { ListenerLog } from './log.ts'

export class DetachedFiles {
  readonly #log: ListenerLog
  readonly #attached = new Set<string>()
  #warned = false

  constructor(log: ListenerLog) {
    this.#log = log
  }

  /** Some file systems count no links at all, so a count of 0 tells something only after another count. */
  note({ files, detached }: Fingerprint): void {
    if (this.#warned) return
    for (const path of files) {
      if (!detached.includes(path)) this.#attached.add(path)
      else if (this.#attached.has(path)) this.#warn(path)
    }
  }

  #warn(path: string): void {
    this.#warned = true
    this.#log.warn(
      { event: 'listener.error', path },
      `${path} was replaced outside of this container, where its mount cannot follow: ` +
        'mount the folder instead of the file, and recreate the container',
    )
  }
}
