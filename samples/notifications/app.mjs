// The application of the notifications: it makes a token for who logs in, and pushes to one user.
import { createHmac } from 'node:crypto'
import { sendGatewayMessage } from 'websocket-gateway/client'

const secret = process.env.WS_JWT_SECRET
if (!secret) throw new Error('WS_JWT_SECRET is not set: the gateway and this application need the same')

/** A JSON Web Token (RFC 7519), signed with HS256, for a quarter of an hour. */
function tokenFor(user) {
  const claims = { sub: user, exp: Math.floor(Date.now() / 1000) + 900 }
  const part = value => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** What the page may ask for, by POST. */
export const answers = {
  // Your application has a login of its own, with passwords; here everyone is who they say.
  login: ({ user }) => ({ token: tokenFor(String(user)) }),

  // Likewise, your application knows who may write to whom, or has reasons of its own: "your parcel is here".
  notify: ({ user, text }) =>
    sendGatewayMessage('notifications', { message: { text: String(text).slice(0, 1000) }, users: [user] }),
}
