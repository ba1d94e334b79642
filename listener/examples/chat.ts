/**
 * A chat. The sender does not get its own message back, a newcomer sees the last messages, and everyone sees who
 * comes and goes. Connect with a name: ws://localhost:10125/?name=Anna
 */
import type { Connection, Gateway, Listener } from 'websocket-gateway'

const REMEMBERED = 20

/** Says something to everyone but one. */
function tellOthers(gateway: Gateway, except: Connection, message: object): void {
  for (const connection of gateway.connections) if (connection !== except) connection.send(message)
}

export const onClientOpen: Listener['onClientOpen'] = ({ conn }, gateway) => {
  conn.state.name = new URLSearchParams(conn.request.query).get('name')?.slice(0, 40) || 'somebody'
  for (const message of gateway.state.last ?? []) conn.send(message)
  tellOthers(gateway, conn, { joined: conn.state.name, online: gateway.connections.size })
}

export const onMessage: Listener['onMessage'] = (data, gateway) => {
  // Without a connection it is a push of the application.
  const message = { from: data.conn?.state.name ?? 'the house', text: String(data.message) }
  gateway.state.last = [...(gateway.state.last ?? []), message].slice(-REMEMBERED)
  data.message = message
  data.except = [data.conn]
}

export const onClientClose: Listener['onClientClose'] = ({ conn }, gateway) => {
  tellOthers(gateway, conn, { left: conn.state.name, online: gateway.connections.size })
}
