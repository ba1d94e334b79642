/** What stands around the views: which gateway, how it is, the way to each view, and out. */
import type { Api } from './api.ts'
import { awayLine } from './away.ts'
import type { Context, View } from './context.ts'
import { button, element, setText } from './element.ts'
import { counted } from './format.ts'
import { Live } from './live.ts'
import { Notices } from './notices.ts'
import { Observable } from './observable.ts'
import { hrefOf, type Route, readRoute } from './router.ts'
import { followGateways, switcher } from './switcher.ts'
import { connections } from './views/connections.ts'
import { groups } from './views/groups.ts'
import { log } from './views/log.ts'
import { overview } from './views/overview.ts'
import { push } from './views/push.ts'
import { trace } from './views/trace.ts'
import type { GatewayLine } from './wire.ts'

const VIEWS: Readonly<Record<string, readonly [title: string, view: View]>> = {
  overview: ['Overview', overview],
  connections: ['Connections', connections],
  groups: ['Groups', groups],
  push: ['Push', push],
  log: ['Log', log],
  trace: ['Trace', trace],
}

/**
 * Shows the console until the signal is aborted.
 * @param signOut undefined where there is no token to forget
 */
export function showConsole(api: Api, signOut: (() => void) | undefined, signal: AbortSignal): void {
  const gateways = new Observable<readonly GatewayLine[]>([])
  followGateways(api, gateways, signal)
  let shown:
    | { readonly gateway: string | undefined; readonly frame: Frame; readonly end: AbortController }
    | undefined
  const show = (): void => {
    const route = readRoute(location.hash)
    if (shown === undefined || shown.gateway !== route.gateway) {
      shown?.end.abort()
      const end = new AbortController()
      const until = AbortSignal.any([signal, end.signal])
      const { gateway } = route
      const whose = gateway === undefined ? api : api.of(gateway)
      shown = { gateway, end, frame: new Frame(whose, gateway, gateways, signOut, until) }
    }
    shown.frame.show(route)
  }
  addEventListener('hashchange', show, { signal })
  show()
}

/** All that is shown of one gateway. */
class Frame {
  readonly #api: Api
  readonly #live: Live
  readonly #gateway: string | undefined
  readonly #gateways: Observable<readonly GatewayLine[]>
  readonly #signal: AbortSignal
  readonly #notices = new Notices()
  readonly #main = element('main', { id: 'main', tabindex: -1 })
  readonly #links = new Map<string, HTMLAnchorElement>()
  #title = ''
  #isAway = false
  #leaving: AbortController | undefined

  constructor(
    api: Api,
    gateway: string | undefined,
    gateways: Observable<readonly GatewayLine[]>,
    signOut: (() => void) | undefined,
    signal: AbortSignal,
  ) {
    this.#api = api
    this.#gateway = gateway
    this.#gateways = gateways
    this.#signal = signal
    this.#live = new Live(api, signal)
    const state = element('span', { class: 'state' })
    const say = (): void => {
      const status = this.#live.status.value
      const word = this.#isAway ? 'no answer' : (status?.state ?? 'connecting')
      state.className = `state ${word.replace(' ', '-')}`
      setText(state, word)
      const many = status && !this.#isAway ? `, ${counted(status.connections, 'connection')}` : ''
      const title = `${word}${many} · ${status?.id ?? gateway ?? 'gateway'} · ${this.#title}`
      if (document.title !== title) document.title = title
    }
    for (const [name, [title]] of Object.entries(VIEWS)) {
      this.#links.set(name, element('a', { href: hrefOf(gateway, name) }, title))
    }
    const away = awayLine(this.#live, signal, isAway => {
      this.#isAway = isAway
      say()
    })
    document.body.replaceChildren(
      element(
        'header',
        {},
        switcher(gateways, gateway, signal, to => {
          location.hash = hrefOf(to, readRoute(location.hash).view)
        }),
        state,
        element('nav', { 'aria-label': 'Views' }, ...this.#links.values()),
        signOut && button('Sign out', signOut, { class: 'quiet' }),
      ),
      away,
      this.#notices.element,
      this.#main,
    )
    this.#live.status.watch(signal, say)
  }

  /** Shows a view; whatever the one before has begun ends. */
  show(route: Route): void {
    this.#leaving?.abort()
    this.#leaving = new AbortController()
    const isFirst = this.#title === ''
    const name = Object.hasOwn(VIEWS, route.view) ? route.view : 'overview'
    const [title, view] = VIEWS[name] ?? ['Overview', overview]
    this.#title = title
    for (const [of, link] of this.#links) {
      if (of === name) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    this.#notices.clear()
    const gateway = this.#gateway
    const context: Context = {
      api: this.#api,
      live: this.#live,
      gateways: this.#gateways,
      notices: this.#notices,
      params: route.params,
      signal: AbortSignal.any([this.#signal, this.#leaving.signal]),
      href: (to, params) => hrefOf(gateway, to, params),
      remember: params => history.replaceState(null, '', hrefOf(gateway, name, params)),
    }
    this.#main.replaceChildren(view(context))
    scrollTo(0, 0)
    // Whoever reads by ear or goes by keyboard is led to what has changed.
    if (!isFirst) this.#main.focus({ preventScroll: true })
    this.#live.status.set(this.#live.status.value)
  }
}
