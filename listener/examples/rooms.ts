/**
 * A chat with rooms, names, and who is there. A room is a group of the gateway, so it needs not be made or removed; a
 * name is a user, who is there once, however many windows are open. Open http://localhost:8081/rooms in some of them:
 *
 *   WS_GATEWAY_ID=rooms WS_PORT=10132 WS_LISTENER=listener/examples/rooms.ts npm start
 *   node samples/web.mjs rooms
 *
 * The application speaks to one room: gateway push 'supper is ready' --group cats --id rooms
 */
import type { Gateway, Listener } from 'websocket-gateway'

/** Here everyone is who they say. Where that matters, the user comes from a token: see notifications.ts. */
export const onClientHandshake: Listener['onClientHandshake'] = data => {
  const query = new URLSearchParams(data.request.query)
  const [name, room] = [query.get('name') ?? '', query.get('room') || 'lobby']
  if (name === '' || Math.max(name.length, room.length) > 40) {
    return data.reject(400, '?name=NAME&room=ROOM, each with at most 40 characters')
  }
  data.user = name
  data.groups = [room]
}

export const onClientOpen: Listener['onClientOpen'] = ({ conn }, gateway) => {
  for (const room of conn.groups) conn.send(present(gateway, room))
}

export const onMessage: Listener['onMessage'] = data => {
  // A push says itself whom it is for: a text of the application, or who is there.
  if (data.conn) data.groups = data.conn.groups
  if (data.conn || typeof data.message === 'string') {
    data.message = { from: data.conn?.user ?? 'the house', text: String(data.message).slice(0, 1000) }
  }
}

export const onGroupJoin: Listener['onGroupJoin'] = ({ group }, gateway) => tell(gateway, group)
export const onGroupLeave: Listener['onGroupLeave'] = ({ group }, gateway) => tell(gateway, group)

/** Tells a room who is in it, at all nodes. For thousands in one room, tell who has come or gone instead. */
async function tell(gateway: Gateway, room: string): Promise<void> {
  await gateway.push({ message: present(gateway, room), groups: [room] })
}

function present(gateway: Gateway, room: string): object {
  return { room, here: gateway.group(room).members.map(member => member.user) }
}
