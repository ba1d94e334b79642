/** The listener of the soak test: rooms of a few clients, and a flood for who asks for one. */
import type { Connection, Listener } from 'websocket-gateway'

const rooms = new Map<string, Set<Connection>>()
const FLOOD = { messages: 8, text: 'f'.repeat(1_000_000) }

function roomOf(connection: Connection): string | null {
  return new URLSearchParams(connection.request.query).get('room')
}

export const onClientOpen: Listener['onClientOpen'] = ({ conn }) => {
  const room = roomOf(conn)
  if (room === null) return
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members.add(conn))
}

export const onMessage: Listener['onMessage'] = data => {
  // A push goes to everyone.
  if (data.conn === undefined) return
  if (data.message === 'flood') {
    for (let i = 0; i < FLOOD.messages; i++) data.conn.send(FLOOD.text)
    data.message = null
    return
  }
  data.connections = [...(rooms.get(roomOf(data.conn) ?? '') ?? [])]
}

export const onClientClose: Listener['onClientClose'] = ({ conn }) => {
  const room = roomOf(conn)
  if (room === null) return
  rooms.get(room)?.delete(conn)
  if (rooms.get(room)?.size === 0) rooms.delete(room)
}
