/**
 * Rooms. A client is in the room that its query names, ws://localhost:10125/?room=cats, and what it sends stays
 * there. The application pushes to a room with a key of its own: gateway push --data '{"message": "hi", "room": "cats"}';
 * without it, to everyone.
 */
import type { Listener } from 'websocket-gateway'

export const onClientOpen: Listener['onClientOpen'] = ({ conn }) => {
  const room = new URLSearchParams(conn.request.query).get('room')
  if (room) conn.state.room = room
  else conn.close(4000, 'say which room: ?room=NAME')
}

export const onMessage: Listener['onMessage'] = (data, gateway) => {
  const room = data.conn ? data.conn.state.room : data.room
  if (room !== undefined) data.connections = [...gateway.connections].filter(c => c.state.room === room)
}
