/** What a view has to do with. */
import type { Api } from './api.ts'
import type { Live } from './live.ts'
import type { Notices } from './notices.ts'
import type { Observable } from './observable.ts'
import type { GatewayLine } from './wire.ts'

export interface Context {
  readonly api: Api
  readonly live: Live
  /** Those in the control folder, of which the one that is shown is one. */
  readonly gateways: Observable<readonly GatewayLine[]>
  readonly notices: Notices
  /** What the address says behind the view's name. */
  readonly params: URLSearchParams
  /** Aborted when the view is left: whatever it has begun ends. */
  readonly signal: AbortSignal
  /** The address of a view of the same gateway. */
  href(view: string, params?: Readonly<Record<string, string | undefined>>): string
  /** Puts the view's parameters into the address, so that a link or a reload comes back to them. */
  remember(params: Readonly<Record<string, string | undefined>>): void
}

/** Makes what is shown. */
export type View = (context: Context) => HTMLElement
