/**
 * A simple chat: what somebody says goes to everyone else, and a newcomer gets the last twenty lines. Run it, and open
 * http://localhost:8081/chat in two windows:
 *
 *   WS_GATEWAY_ID=chat WS_PORT=10131 WS_LISTENER=listener/examples/chat.ts npm start
 *   node samples/web.mjs chat
 *
 * The application may speak as well: gateway push 'supper is ready' --id chat
 */
import type { Listener } from 'websocket-gateway'

export const onClientOpen: Listener['onClientOpen'] = ({ conn }, gateway) => {
  conn.state.name = new URLSearchParams(conn.request.query).get('name')?.slice(0, 40) || 'somebody'
  for (const message of gateway.state.last ?? []) conn.send(message)
}

export const onMessage: Listener['onMessage'] = (data, gateway) => {
  // Without a connection it is a push of the application.
  data.message = { from: data.conn?.state.name ?? 'the house', text: String(data.message).slice(0, 1000) }
  data.except = [data.conn]
  gateway.state.last = [...(gateway.state.last ?? []), data.message].slice(-20)
}
