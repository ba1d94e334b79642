/**
 * The public types of a listener. `gateway types` prints this file, so it imports nothing.
 * @module
 */

/**
 * Anything the listener keeps of its own: `connection.state` and `gateway.state`. It is `any` on purpose,
 * so that `gateway.state.count += 1` needs no cast; nothing in the gateway reads it.
 */
// biome-ignore lint/suspicious/noExplicitAny: see the line above, the value belongs to the user
export type State = Record<string, any>

/** What a connection's handshake asked for. */
export interface ConnectionRequest {
  /** The path of the URL, without the query: `/chat`. */
  readonly path: string
  /** The raw query without its `?`, or `''`. Read it with `new URLSearchParams(query)`. */
  readonly query: string
  /** The request's headers, names in lower case, as in Node. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The cookies of the request, decoded. */
  readonly cookies: Readonly<Record<string, string | undefined>>
  /**
   * The client's address. An IPv4 address is written as such (`127.0.0.1`), never as `::ffff:127.0.0.1`. Behind a
   * proxy of `WS_TRUST_PROXY` it is the address that the proxy tells.
   */
  readonly ip: string
  /** Whether the client speaks TLS (`wss:`), to the gateway or to a proxy of `WS_TRUST_PROXY`. */
  readonly secure: boolean
  /** The subprotocol that was agreed on (RFC 6455 §1.9), or `''`. */
  readonly protocol: string
}

/** What a JSON Web Token says (RFC 7519 §4). */
export type Claims = Readonly<Record<string, unknown>>

/** What a client asks for when it wants to come in. */
export interface HandshakeRequest extends Omit<ConnectionRequest, 'protocol'> {
  /** The subprotocols that the client offers, in its order of preference. */
  readonly protocols: readonly string[]
}

/** One open WebSocket of one client. */
export interface Connection {
  /** Unique across all nodes and restarts. Give it to your application to push to this connection alone. */
  readonly id: string
  /** False as soon as the connection is closing or closed. */
  readonly isOpen: boolean
  readonly openedAt: Date
  /** Yours: anything you want to remember of this connection. Kept when the listener is reloaded. */
  state: State
  readonly request: ConnectionRequest
  /** The claims of the client's JSON Web Token; undefined when none is asked for (`WS_JWT_…`). */
  readonly claims: Claims | undefined
  /**
   * Who it is: the token's `sub`, or what `onClientHandshake` has set as `data.user`. Set it to say it yourself, such as
   * after a login message; a text, or undefined for nobody. Messages reach a user's connections by `data.users`.
   */
  get user(): string | undefined
  set user(user: string | null | undefined)
  /**
   * What others may see of the user: a small JSON value (at most 4 KiB), such as `{ name: 'Ann' }`. What is set is
   * copied: assign it anew to change it. Of several connections of a user, what was set last counts.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as with `state`, the value belongs to the user
  get info(): any
  set info(info: unknown)
  /** The groups that it is in, in the order of joining. In `onClientClose`, those that it was in. */
  readonly groups: string[]
  /**
   * Puts the connection into a group, until it leaves or closes. A group is there as long as somebody is in it.
   * @param group its name, 1 to 256 characters
   * @throws TypeError for a name that cannot be one
   */
  join(group: string): void
  /** Takes the connection out of a group. @throws TypeError as `join` */
  leave(group: string): void
  /**
   * Gives the connection a new token before its old one expires, as the control API's `PUT /connections/ID/token`.
   * @throws an error with `status` and `detail` when the token does not count, or is another user's
   */
  renewToken(token: string): Promise<void>
  /**
   * Sends to this connection alone. A string goes as text, a Buffer or Uint8Array as binary, any other
   * value as its JSON text; `null` and `undefined` send nothing. Never throws on a connection that is gone.
   */
  send(message: unknown): void
  /**
   * Closes the connection after what was sent before.
   * @param code 1000 (the default), another code that RFC 6455 §7.4 lets one send, or 3000 to 4999
   * @param reason at most 123 bytes of UTF-8
   * @throws RangeError for a code or reason that the protocol does not allow
   */
  close(code?: number, reason?: string): void
}

/** The open connections. */
export interface Connections extends Iterable<Connection> {
  /** How many are open. */
  readonly size: number
  /** The open connection of this id, or undefined. */
  get(id: string): Connection | undefined
}

/** A user in a group, however many connections it has there. */
export interface Member {
  readonly user: string
  /** What `conn.info` said last; undefined when nothing. */
  // biome-ignore lint/suspicious/noExplicitAny: as with `state`, the value belongs to the user
  readonly info: any
}

/** One group. It is looked at anew each time. Iterating gives its connections at this node. */
export interface Group extends Iterable<Connection> {
  readonly name: string
  /** How many connections of this node are in it. */
  readonly size: number
  /** Who is in it: each user once, of all nodes. Connections without a user are no members. */
  readonly members: readonly Member[]
}

/** Writes to WebSocket.log. */
export interface Log {
  debug(message: string): void
  debug(fields: object, message?: string): void
  info(message: string): void
  info(fields: object, message?: string): void
  warn(message: string): void
  warn(fields: object, message?: string): void
  error(message: string): void
  error(fields: object, message?: string): void
}

/** The gateway, as a listener sees it: the second argument of each hook. */
export interface Gateway {
  /** `WS_GATEWAY_ID`. */
  readonly id: string
  /** The open connections; where several nodes are one gateway, those of this node. */
  readonly connections: Connections
  /** The connections that are in a group, also when there is nobody yet. @throws TypeError for a name that cannot be one */
  group(name: string): Group
  /** Yours: shared by all connections, kept when the listener is reloaded, emptied when the gateway restarts. */
  readonly state: State
  readonly log: Log
  /** Aborted when this version of the listener goes out of use. Give it to timers, `fetch` and the like. */
  readonly signal: AbortSignal
  /**
   * Like the control API's `POST /push`: runs `data` through `onMessage`, then sends `data.message`.
   * @throws an error with `status` and `detail` when it is refused
   */
  push(data: PushData): Promise<{ recipients: number; nodes?: number }>
}

/** What is pushed. Every further key reaches `onMessage` as it is. */
export interface PushData {
  message: unknown
  /** `base64`: `message` is base64 text and goes out as a binary frame. */
  encoding?: 'base64'
  connections?: Recipient[]
  groups?: readonly (string | undefined)[]
  users?: readonly (string | undefined)[]
  except?: Recipient[]
  [key: string]: unknown
}

/** A connection or its id. `undefined` is passed over, so `[data.conn]` is fine in a push. */
export type Recipient = Connection | string | undefined

/** What a hook is told, and what it may change. */
export interface ListenerData {
  /** The connection that the event is about; absent in a push. */
  readonly conn?: Connection
  /**
   * A string for a text frame, a Buffer for a binary frame, `''` on open and close; in a push, what the
   * application pushed. Set it to change what is sent: a string goes as text, a Buffer or Uint8Array as
   * binary, any other value as its JSON text, `null` or `undefined` sends nothing.
   */
  get message(): string | Buffer
  set message(value: unknown)
  /**
   * Set `connections`, `groups` or `users` to send to these alone; to all of them, and to nobody twice. `[]` is nobody;
   * all three left out is everyone.
   */
  connections?: Recipient[]
  /** Set it to send to who is in one of these groups, by their names. */
  groups?: readonly (string | undefined)[]
  /** Set it to send to the connections of these users. */
  users?: readonly (string | undefined)[]
  /** Set it to leave these out. */
  except?: Recipient[]
  /** On close: the close code (RFC 6455 §7.4). */
  readonly code?: number
  /** On close: the close reason, or `''`. */
  readonly reason?: string
  /** In a push: the application's further keys. */
  [key: string]: unknown
}

/** What `onClientHandshake` is told, and what it may decide. */
export interface HandshakeData extends ListenerData {
  /** The id that its connection will have, if it gets in. */
  readonly id: string
  readonly request: HandshakeRequest
  /** The claims of the client's token, which has been checked by then; undefined when none is asked for. */
  readonly claims: Claims | undefined
  /** Who it is: the token's `sub`. Set it to say it yourself. */
  user: string | undefined
  /** What others may see of the user; becomes `conn.info`. */
  info?: unknown
  /** The groups that it will be in: what `WS_PATH` and the token say. Change it to say it yourself. */
  groups: string[]
  /** Becomes the connection's `state`. */
  state: State
  /** Set it to the offered subprotocol that the connection shall have; left undefined, it is the first one. */
  protocol: string | null | undefined
  /**
   * Refuses the client.
   * @param status an HTTP status from 400 to 599; 401 when left out
   * @param reason what the client is told
   * @returns false, so that `return data.reject(403)` does all
   */
  reject(status?: number, reason?: string): false
}

/** What `onClientOpen` is told. */
export interface OpenData extends ListenerData {
  readonly conn: Connection
}

/** What `onClientClose` is told. */
export interface CloseData extends ListenerData {
  readonly conn: Connection
  readonly code: number
  readonly reason: string
}

/** What `onGroupJoin` and `onGroupLeave` are told. */
export interface GroupData extends ListenerData {
  readonly group: string
  readonly user: string
  /** What `conn.info` said last; undefined when nothing. */
  // biome-ignore lint/suspicious/noExplicitAny: as with `state`, the value belongs to the user
  readonly info: any
}

/** A listener: the hooks, as named exports or as the default export's methods. All are optional, all may be async. */
export interface Listener {
  /**
   * A client wants to come in; its request has not been answered yet. `false`, a throw, or `data.reject(…)` refuses
   * it. When it takes longer than `WS_LISTENER_TIMEOUT_MS`, the client gets 503.
   */
  onClientHandshake?(data: HandshakeData, gateway: Gateway): unknown
  /** A client has connected. Sends nothing by itself; use `data.conn.send(…)`. */
  onClientOpen?(data: OpenData, gateway: Gateway): void | Promise<void>
  /** A connection has closed. Called exactly once for each `onClientOpen`. */
  onClientClose?(data: CloseData, gateway: Gateway): void | Promise<void>
  /**
   * A message of a client, or a push of the application. Afterwards `data.message` goes to everyone, or to those of
   * `data.connections`, `data.groups` and `data.users`, without `data.except`.
   */
  onMessage?(data: ListenerData, gateway: Gateway): void | Promise<void>
  /**
   * A user is in a group now, whose first connection has joined it: once for all connections and all nodes. Called
   * where that connection is. Sends nothing by itself.
   */
  onGroupJoin?(data: GroupData, gateway: Gateway): void | Promise<void>
  /** A user has no connection in a group any more, and has not come back within `WS_PRESENCE_GRACE_MS`. */
  onGroupLeave?(data: GroupData, gateway: Gateway): void | Promise<void>
  /** This version of the listener comes into use (start, reload). When it throws, the load has failed. */
  onLoad?(gateway: Gateway): void | Promise<void>
  /** This version of the listener goes out of use (reload, stop). */
  onUnload?(gateway: Gateway): void | Promise<void>
  /** Another hook threw, rejected or ran out of time. `data` is absent for `onLoad` and `onUnload`. */
  onError?(error: unknown, data: ListenerData | undefined, gateway: Gateway): void | Promise<void>
}
