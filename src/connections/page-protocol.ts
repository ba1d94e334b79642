/** The subprotocol by which a client, such as the first page, is told the id of its connection. The page imports it too. */

/** Whoever agrees on it gets `greeting` as the first frame, while `WS_PAGE` is on. */
export const PAGE_PROTOCOL = 'websocket-gateway.page'

/** The first frame's value. */
export interface Greeting {
  readonly 'websocket-gateway': { readonly connection: string }
}

export function greeting(connection: string): Greeting {
  return { 'websocket-gateway': { connection } }
}
