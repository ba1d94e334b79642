/**
 * Notifications to one user, in all windows that this user has open. Who it is says the token, which the application
 * (samples/notifications/app.mjs) makes at the login and the gateway checks by itself, with the same WS_JWT_SECRET.
 * Whom a push is for says the application: `users`. So little is left for a listener: clients only listen, and a plain
 * text becomes what the page takes. Run it, and open http://localhost:8081/notifications in two browsers:
 *
 *   export WS_JWT_SECRET=$(openssl rand -hex 32)
 *   WS_GATEWAY_ID=notifications WS_PORT=10134 WS_LISTENER=listener/examples/notifications.ts npm start &
 *   node samples/web.mjs notifications
 *
 * Or from a shell: gateway push 'your parcel is here' --user anna --id notifications
 */
import type { Listener } from 'websocket-gateway'

export const onMessage: Listener['onMessage'] = data => {
  if (data.conn) data.message = null
  else if (typeof data.message === 'string') data.message = { text: data.message }
}
