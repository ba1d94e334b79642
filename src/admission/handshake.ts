/** The `data` of `onClientHandshake`, and what the hook has made of it. */
import { groupNameFault } from '../connections/group-name.ts'
import { readInfo } from '../connections/info.ts'
import type { ClientRequest } from '../connections/request.ts'
import { kindOf } from '../kind-of.ts'
import { REFUSED, type Refusal } from '../listener/listener.ts'
import type { Claims, HandshakeData, HandshakeRequest, State } from '../listener/types.ts'
import type { Verified } from './verified.ts'

/** What is known of a client before its listener is asked. */
export interface Asking {
  /** The id that its connection will have. */
  readonly id: string
  readonly request: ClientRequest
  /** The subprotocols to choose from, without a token among them. */
  readonly protocols: readonly string[]
  readonly verified: Verified | undefined
  /** Those that it will be in, unless the hook says otherwise. */
  readonly groups: readonly string[]
}

/** What the hook has decided for a client that gets in. */
export interface Decided {
  readonly user: string | undefined
  /** What others may see of it, as JSON text. */
  readonly infoText: string | undefined
  readonly groups: readonly string[]
  readonly state: State
  /** Undefined: as if there were no hook. */
  readonly protocol: string | null | undefined
}

export class Handshake implements HandshakeData {
  readonly id: string
  readonly request: HandshakeRequest
  readonly claims: Claims | undefined
  message: string | Buffer = ''
  user: string | undefined
  info: unknown
  groups: string[]
  state: State = {}
  protocol: string | null | undefined
  #refusal: Refusal | undefined;
  [key: string]: unknown

  constructor({ id, request, protocols, verified, groups }: Asking) {
    this.id = id
    const { path, query, headers, ip, secure } = request
    this.request = { path, query, headers, ip, secure, cookies: request.cookies, protocols }
    this.claims = verified?.claims
    this.user = verified?.user
    this.groups = [...groups]
  }

  reject(status = REFUSED.status, reason = REFUSED.reason): false {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`reject takes a status from 400 to 599, got ${String(status)}`)
    }
    this.#refusal ??= { status, reason: String(reason) }
    return false
  }

  /** What `reject` was called with first. */
  refusal(): Refusal | undefined {
    return this.#refusal
  }

  /** @throws TypeError when the hook has left something behind that cannot be used */
  decided(): Decided {
    const { user, info, groups, state, protocol } = this
    if (user !== undefined && user !== null && (typeof user !== 'string' || user === '')) {
      throw new TypeError(`data.user takes a text, got ${user === '' ? 'an empty one' : kindOf(user)}`)
    }
    if (typeof state !== 'object' || state === null || Array.isArray(state)) {
      throw new TypeError(`data.state takes an object, got ${kindOf(state)}`)
    }
    if (!Array.isArray(groups))
      throw new TypeError(`data.groups takes an array of texts, got ${kindOf(groups)}`)
    const wrong = groups.map(groupNameFault).find(fault => fault !== undefined)
    if (wrong !== undefined) throw new TypeError(`data.groups takes names of groups, each ${wrong}`)
    if (typeof protocol === 'string' && protocol !== '' && !this.request.protocols.includes(protocol)) {
      throw new TypeError(`data.protocol takes a subprotocol that the client offers, got ${protocol}`)
    }
    if (typeof protocol !== 'string' && protocol !== undefined && protocol !== null) {
      throw new TypeError(`data.protocol takes a text, got ${kindOf(protocol)}`)
    }
    return { user: user ?? undefined, infoText: readInfo(info, 'data.info'), groups, state, protocol }
  }
}
