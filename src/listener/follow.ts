/** Follows the listener's changes: notices a save, waits until it settles, and asks for a load. */
import { DetachedFiles } from './detached-files.ts'
import { type Fingerprint, takeFingerprint } from './fingerprint.ts'
import type { ListenerLog } from './log.ts'
import { DOUBT_MS, GIVE_UP_MS, PATIENCE_MS, pause, settled } from './settle.ts'
import { type Snapshot, sameContent } from './snapshot.ts'
import { Watch } from './watch.ts'

/** What became of an attempt to load. */
export interface Attempt {
  readonly snapshot: Snapshot
  /** Why it failed, or undefined when the new version is in use. */
  readonly error?: Error
  /** It did not fail, but looks half-written: to be tried again when the disk has been quiet for longer. */
  readonly doubtful?: boolean
}

/** Who loads. */
export interface Loader {
  /** What the last attempt has read. */
  readonly snapshot: Snapshot
  /**
   * One load at a time; what the last one has read by then is not loaded again.
   * @param patient whether a version that looks half-written is to be left for later
   * @param again loads it all the same
   */
  attempt(patient: boolean, again: boolean): Promise<Attempt>
  /** The attempt's fault is there to stay. */
  report(attempt: Attempt): void
  /** The disk says again what the last attempt has read. */
  restored(): void
}

/** How often the fingerprint is taken when nothing tells of a change. */
const CHECK_MS = 500
/** A file written so short ago may be written again without a new time (a coarse clock), so it is read. */
const FRESH_MS = 2500
/** Many events come for one save, and some for other files: the next look waits so long. */
const REST_MS = 20

/** What the last check has seen. */
interface Known {
  readonly snapshot: Snapshot
  readonly text: string
  /** Whether the disk said what the snapshot says; else its fault has been reported. */
  readonly same: boolean
}

export class Follower {
  readonly #root: string
  readonly #loader: Loader
  readonly #log: ListenerLog
  readonly #watch: Watch | undefined
  readonly #detached: DetachedFiles
  readonly #timer: NodeJS.Timeout
  readonly #closed = new AbortController()
  #busy = false
  #poked = false
  #known: Known | undefined

  /** @param pollMs takes the fingerprint at this interval, and watches nothing */
  constructor(root: string, pollMs: number | null, loader: Loader, log: ListenerLog) {
    this.#root = root
    this.#loader = loader
    this.#log = log
    this.#detached = new DetachedFiles(log)
    this.#watch = pollMs === null ? new Watch(root, () => this.#poke(), log) : undefined
    this.#timer = setInterval(() => this.#poke(), pollMs ?? CHECK_MS).unref()
    this.#poke()
  }

  close(): void {
    this.#closed.abort()
    clearInterval(this.#timer)
    this.#watch?.close()
  }

  /** Checks now, or once more after the check that is under way. */
  #poke(): void {
    this.#poked = true
    if (this.#busy || this.#closed.signal.aborted) return
    this.#busy = true
    this.#checks()
      .catch((error: unknown) =>
        this.#log.error({ event: 'error', err: error }, 'the listener cannot be followed'),
      )
      .finally(() => {
        this.#busy = false
      })
  }

  async #checks(): Promise<void> {
    while (this.#poked && !this.#closed.signal.aborted) {
      this.#poked = false
      await this.#check()
      if (this.#poked) await pause(REST_MS)
    }
  }

  async #check(): Promise<void> {
    const began = performance.now()
    const { snapshot } = this.#loader
    const now = await this.#look()
    const known = this.#known?.snapshot === snapshot ? this.#known : undefined
    const still = known?.text === now.text
    if (still && (!known.same || Math.abs(Date.now() - now.newest) > FRESH_MS)) return
    if ((still || known === undefined) && (await sameContent(this.#root, snapshot))) {
      this.#known = { snapshot, text: now.text, same: true }
      if (!still) this.#loader.restored()
      return
    }
    this.#known = undefined
    await this.#load(began, now)
    this.#poked = true
  }

  /** From the first sign of a change to a version that is in use, or to a fault. */
  async #load(began: number, seen: Fingerprint): Promise<void> {
    let since = began
    let patient = true
    let failures = 0
    while (!this.#closed.signal.aborted) {
      if (patient) {
        since = await settled(since, seen, () => this.#look(), this.#closed.signal)
        if (this.#closed.signal.aborted) return
      }
      const tried = performance.now()
      const attempt = await this.#loader.attempt(patient && tried - since < PATIENCE_MS, !patient)
      // How long an onLoad takes says nothing of how long the files have been changing.
      since += performance.now() - tried
      if (attempt.error === undefined && !attempt.doubtful) return
      const quiet = await this.#quiet(attempt)
      if (this.#closed.signal.aborted) return
      // What looked half-written has stayed as it is, so it is meant like that.
      patient = !(attempt.doubtful && quiet !== undefined)
      if (!patient) continue
      if (quiet !== undefined) {
        this.#reported(attempt, quiet)
        return
      }
      // The files have changed meanwhile, so this was no fault; unless it goes on like that.
      if (failures++ > 0 && performance.now() - since > GIVE_UP_MS) {
        this.#loader.report(attempt)
        return
      }
    }
  }

  /** What the disk looks like when it has said for a while what this attempt has read; undefined if it has not. */
  async #quiet({ snapshot }: Attempt): Promise<Fingerprint | undefined> {
    const until = performance.now() + (snapshot.found.kind === 'file' ? DOUBT_MS : 0)
    for (;;) {
      // The look comes first, so that a change after the comparison shows up at the next check.
      const now = await this.#look()
      if (!(await sameContent(this.#root, snapshot))) return undefined
      if (performance.now() >= until || this.#closed.signal.aborted) return now
      await pause(REST_MS)
    }
  }

  #reported(attempt: Attempt, { text }: Fingerprint): void {
    this.#loader.report(attempt)
    const { snapshot } = this.#loader
    this.#known = { snapshot, text, same: snapshot === attempt.snapshot }
  }

  async #look(): Promise<Fingerprint> {
    const now = await takeFingerprint(this.#root, this.#loader.snapshot)
    if (this.#closed.signal.aborted) return now
    this.#watch?.follow(now)
    this.#detached.note(now)
    return now
  }
}
