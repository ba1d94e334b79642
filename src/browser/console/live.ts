/** What a gateway says of itself each second, for all that shows it. */
import type { Api } from './api.ts'
import type { ServerEvent } from './events.ts'
import { History } from './history.ts'
import { Observable } from './observable.ts'
import { follow, type Link } from './stream.ts'
import type { HistoryRows, Status } from './wire.ts'

export class Live {
  readonly status = new Observable<Status | undefined>(undefined)
  /** The same object each time: it is told when it has changed. */
  readonly history = new Observable(new History())
  readonly link = new Observable<Link>({ isOpen: false, heardAt: Date.now() })

  constructor(api: Api, signal: AbortSignal) {
    void follow({
      api,
      path: () => '/events',
      signal,
      event: event => this.#take(event),
      link: link => this.link.set(link),
    })
  }

  #take({ event, data }: ServerEvent): void {
    const history = this.history.value
    if (event === 'status') this.status.set(JSON.parse(data) as Status)
    else if (event === 'history') history.replace(JSON.parse(data) as HistoryRows)
    else if (event === 'sample') history.add(JSON.parse(data) as number[])
    if (event !== 'status') this.history.set(history)
  }
}
