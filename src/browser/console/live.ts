/** What a gateway says of itself each second, for all that shows it. */
import { type Api, faultText } from './api.ts'
import type { ServerEvent } from './events.ts'
import { History } from './history.ts'
import { Observable } from './observable.ts'
import { restWhenHidden } from './resting.ts'
import { follow, type Link } from './stream.ts'
import type { HistoryRows, Status } from './wire.ts'

/** A tab that nobody looks at only asks for the status, so often. In milliseconds. */
const GLANCE_MS = 10_000

export class Live {
  readonly status = new Observable<Status | undefined>(undefined)
  /** The same object each time: it is told when it has changed. */
  readonly history = new Observable(new History())
  readonly link = new Observable<Link>({ isOpen: false, heardAt: Date.now() })
  readonly #api: Api
  readonly #signal: AbortSignal
  #stream = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(api: Api, signal: AbortSignal) {
    this.#api = api
    this.#signal = signal
    this.#follow()
    restWhenHidden(
      signal,
      () => {
        this.#stream.abort()
        void this.#glance()
      },
      () => {
        clearTimeout(this.#timer)
        // The stream begins with what has happened meanwhile.
        this.link.set({ isOpen: false, heardAt: Date.now() })
        this.#follow()
      },
    )
    signal.addEventListener('abort', () => clearTimeout(this.#timer))
  }

  #follow(): void {
    this.#stream = new AbortController()
    void follow({
      api: this.#api,
      path: () => '/events',
      signal: AbortSignal.any([this.#signal, this.#stream.signal]),
      event: event => this.#take(event),
      link: link => this.link.set(link),
    })
  }

  /** The title goes on saying how the gateway is. */
  async #glance(): Promise<void> {
    const { heardAt } = this.link.value
    try {
      this.status.set(await this.#api.get<Status>('/status', { signal: this.#signal }))
      this.link.set({ isOpen: true, heardAt: Date.now() })
    } catch (error) {
      this.link.set({ isOpen: false, heardAt, fault: faultText(error, this.#signal) ?? '' })
    }
    if (document.hidden && !this.#signal.aborted)
      this.#timer = setTimeout(() => void this.#glance(), GLANCE_MS)
  }

  #take({ event, data }: ServerEvent): void {
    const history = this.history.value
    if (event === 'status') this.status.set(JSON.parse(data) as Status)
    else if (event === 'history') history.replace(JSON.parse(data) as HistoryRows)
    else if (event === 'sample') history.add(JSON.parse(data) as number[])
    if (event !== 'status') this.history.set(history)
  }
}
