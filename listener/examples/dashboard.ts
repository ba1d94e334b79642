/**
 * A live dashboard: the application (samples/dashboard/app.mjs) pushes its figures each second, and everyone sees
 * them. A newcomer gets the last minute at once. Open http://localhost:8081/dashboard :
 *
 *   WS_GATEWAY_ID=dashboard WS_PORT=10133 WS_LISTENER=listener/examples/dashboard.ts npm start
 *   node samples/web.mjs dashboard
 */
import type { Listener } from 'websocket-gateway'

export const onClientOpen: Listener['onClientOpen'] = ({ conn }, gateway) => {
  conn.send(gateway.state.last ?? [])
}

export const onMessage: Listener['onMessage'] = (data, gateway) => {
  // It goes one way only: what a client sends goes to nobody.
  if (data.conn) data.message = null
  else gateway.state.last = [...(gateway.state.last ?? []), data.message].slice(-60)
}
