/**
 * The listener of the pictures: rooms with names. Texts that begin with "/" are commands; what has been seen is noted,
 * and goes to nobody. It has a fault: it takes every command for one that it knows.
 */
import type { Listener } from 'websocket-gateway'

const commands: Record<string, (argument: string) => string> = {
  '/roll': sides => `${1 + (Date.now() % Number(sides))} of ${sides}`,
}

export const onClientHandshake: Listener['onClientHandshake'] = data => {
  const query = new URLSearchParams(data.request.query)
  const name = query.get('name')
  if (name === null) return
  data.user = name.toLowerCase().replace(' ', '.')
  data.info = { name, device: query.get('device') ?? 'desktop' }
  data.groups = query.getAll('room')
}

export const onClientOpen: Listener['onClientOpen'] = ({ conn }, gateway) => {
  conn.send({ welcome: conn.id, online: gateway.connections.size })
}

export const onMessage: Listener['onMessage'] = data => {
  if (!data.conn || typeof data.message !== 'string') return
  const { user = 'a guest', groups } = data.conn
  if (groups.length > 0) data.groups = groups.slice(0, 1)
  if (data.message.startsWith('/seen ')) {
    data.conn.state.seen = data.message.slice(6)
    data.message = null
  } else if (data.message.startsWith('/'))
    data.message = { from: 'dice', text: run(...data.message.split(' ')) }
  else if (groups.length > 0) data.message = { from: user, text: data.message }
}

function run(name = '', argument = ''): string {
  // A name that is not there is the fault that the pictures show.
  const command = commands[name] as (argument: string) => string
  return command(argument)
}
