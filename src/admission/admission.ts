/**
 * Who gets in. In this order, so that what is cheap comes first and the listener's code sees nobody who would be
 * refused anyway: the gateway's own state, the path, the number of connections, the web page's origin, the token, the number of
 * the user's connections, `onClientHandshake`.
 */
import type { IncomingMessage } from 'node:http'
import type { ClientRequest } from '../connections/request.ts'
import { type ListenerPort, REFUSED } from '../listener/listener.ts'
import type { State } from '../listener/types.ts'
import { Problem } from '../problem.ts'
import { BEARER, tokenOf, withoutToken } from './credentials.ts'
import { Handshake } from './handshake.ts'
import { TrustedProxies } from './networks.ts'
import { Occupancy, type OccupancyLimits, type Place, UNCOUNTED } from './occupancy.ts'
import { AllowedOrigins } from './origins.ts'
import { PathRule } from './paths.ts'
import { KeysUnavailable, TokenError, type TokenVerifier, type Verified } from './verified.ts'

export interface AdmissionOptions {
  readonly settings: OccupancyLimits & {
    readonly allowedOrigins: readonly string[]
    readonly trustProxy: readonly string[]
    readonly jwtCookie: string | null
    readonly jwtGroupsClaim: string | null
    readonly path: string | null
  }
  /** Makes the ids of connections. */
  readonly nextId: () => string
  readonly listener: ListenerPort
  /** Undefined when nobody needs a token. */
  readonly tokens: TokenVerifier | undefined
  /** Why nobody may come in now, or undefined. */
  refusal(): Problem | undefined
  /** Told of each `onClientHandshake` that has failed. */
  hookFailed(): void
}

/** A client that gets in. */
export interface Admitted {
  /** The id of its connection. */
  readonly id: string
  readonly request: ClientRequest
  readonly verified: Verified | undefined
  readonly user: string | undefined
  /** What others may see of the user, as JSON text. */
  readonly infoText: string | undefined
  /** Those that it is in from the beginning. */
  readonly groups: readonly string[]
  readonly state: State
  /** The subprotocol to answer with, or none. */
  readonly protocol: string | undefined
  /** Whether it came in by the default behaviour of an empty folder. */
  readonly byDefault: boolean
}

/** What is known of a client that nothing speaks against. */
interface Known {
  readonly request: ClientRequest
  readonly verified: Verified | undefined
  readonly groups: readonly string[]
  readonly place: Place
}

/** How a request was decided: at once, unless a token or the listener takes time. */
export type Verdict = Admitted | Problem

/** Nobody is refused by this, for nobody is there. */
export const CLIENT_GONE = new Problem(503, 'the client has gone')

export class Admission {
  readonly proxies: TrustedProxies
  readonly #options: AdmissionOptions
  readonly #origins: AllowedOrigins
  readonly #occupancy: Occupancy
  readonly #paths: PathRule

  constructor(options: AdmissionOptions) {
    const { settings } = options
    this.#options = options
    this.#origins = new AllowedOrigins(settings.allowedOrigins)
    this.#occupancy = new Occupancy(settings)
    this.#paths = new PathRule(settings.path)
    this.proxies = new TrustedProxies(settings.trustProxy)
  }

  /**
   * Decides on a request.
   * @param whenGone told what to do once the client's socket is closed, whatever has become of it
   */
  decide(
    message: IncomingMessage,
    request: ClientRequest,
    whenGone: (then: () => void) => void,
  ): Verdict | Promise<Verdict> {
    const { refusal, tokens, listener } = this.#options
    const closed = refusal()
    if (closed !== undefined) return closed
    try {
      const groups = this.#paths.groupsOf(request.path)
      const place = this.#occupancy.take(request.ip)
      if (place !== UNCOUNTED) whenGone(place.giveBack)
      const { origin, 'sec-websocket-origin': older } = message.headers
      // Version 8 of the protocol, which ws takes as well, has its origin in a header of another name.
      if (!this.#origins.allows(origin) || !this.#origins.allows(single(older))) {
        return new Problem(403, 'pages of this origin may not connect (WS_ALLOWED_ORIGINS)')
      }
      if (tokens === undefined && !listener.vets) {
        return this.#admitted({ request, verified: undefined, groups, place })
      }
      return this.#decideLater(request, groups, place, whenGone)
    } catch (error) {
      if (error instanceof Problem) return error
      throw error
    }
  }

  async #decideLater(
    request: ClientRequest,
    ofPath: readonly string[],
    place: Place,
    whenGone: (then: () => void) => void,
  ): Promise<Verdict> {
    const { refusal, listener, hookFailed, nextId } = this.#options
    let leaving: AbortController | undefined = new AbortController()
    const gone = leaving.signal
    whenGone(() => leaving?.abort())
    try {
      const verified = await this.#verified(request)
      if (gone.aborted) return CLIENT_GONE
      // The gateway may have stopped, and the listener may be another one, meanwhile.
      const closed = refusal()
      if (closed !== undefined) return closed
      if (verified?.user !== undefined) place.ofUser(verified.user)
      const groups = [...ofPath, ...(verified?.groups ?? [])]
      if (!listener.vets) return this.#admitted({ request, verified, groups, place })
      const protocols = verified === undefined ? request.offered : withoutToken(request.offered)
      const id = nextId()
      const handshake = new Handshake({ id, request, verified, protocols, groups })
      const refused = await listener.handshake(handshake, gone)
      if (gone.aborted) return CLIENT_GONE
      if (refused?.isFault) hookFailed()
      const refusedBy = handshake.refusal() ?? refused
      if (refusedBy !== undefined) return new Problem(refusedBy.status, refusedBy.reason)
      if (verified !== undefined && verified.expiresAt <= Date.now()) {
        return new Problem(401, 'the token has expired')
      }
      return refusal() ?? this.#admitted({ request, verified, groups, place }, handshake)
    } catch (error) {
      if (error instanceof Problem) return error
      throw error
    } finally {
      // The socket would keep it for as long as the connection lives.
      leaving = undefined
    }
  }

  /** @throws Problem 401 or 503 */
  async #verified(request: ClientRequest): Promise<Verified | undefined> {
    const { tokens, settings } = this.#options
    if (tokens === undefined) return undefined
    const token = tokenOf(request, settings.jwtCookie)
    if (token === undefined) throw new Problem(401, 'a token is needed here (JSON Web Token)')
    try {
      return await tokens.verify(token)
    } catch (error) {
      if (error instanceof TokenError) throw new Problem(401, error.message)
      if (error instanceof KeysUnavailable) throw new Problem(503, 'no token can be checked now', {}, error)
      throw error
    }
  }

  #admitted({ request, verified, groups: given, place }: Known, handshake?: Handshake): Verdict {
    const id = handshake?.id ?? this.#options.nextId()
    const choices = withoutToken(request.offered)
    let chosen: string | null | undefined
    let user = verified?.user
    let infoText: string | undefined
    let groups = given
    let state: State = {}
    if (handshake !== undefined) {
      try {
        const decided = handshake.decided()
        chosen = decided.protocol
        user = decided.user
        infoText = decided.infoText
        groups = decided.groups
        state = decided.state
      } catch (error) {
        this.#options.listener.reject(error, handshake, 'handshake')
        this.#options.hookFailed()
        return new Problem(REFUSED.status, REFUSED.reason)
      }
      if (user !== undefined) place.ofUser(user)
    }
    const standard = choices.find(protocol => protocol.toLowerCase() !== BEARER) ?? choices[0]
    request.protocol = (chosen === undefined ? standard : chosen) ?? ''
    return {
      id,
      request,
      verified,
      user,
      infoText,
      groups,
      state,
      protocol: request.protocol || undefined,
      byDefault: this.#options.listener.isDefault,
    }
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header
}
