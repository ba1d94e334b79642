// What a client asks for by its path: each message comes back to itself, or goes to everyone, by the ways there are.
import { drive } from '../driver.mjs'

let count = 0

export function onLoad(gateway) {
  const stop = drive({
    connections: () => gateway.connections,
    join: (connection, group) => connection.join(group),
    leave: (connection, group) => connection.leave(group),
    identify: (connection, user) => {
      connection.user = user
    },
  })
  gateway.signal.addEventListener('abort', stop)
}

export function onClientOpen({ conn }) {
  if (conn.request.path === '/own-group') {
    conn.state.group = `own-${++count}`
    conn.join(conn.state.group)
  }
  if (conn.request.path === '/filter') conn.state.room = ++count
  if (conn.request.path === '/one-group') conn.join('all')
}

export function onMessage(data, gateway) {
  const { conn } = data
  switch (conn.request.path) {
    case '/own-group':
      data.groups = [conn.state.group]
      break
    case '/one-group':
      data.groups = ['all']
      break
    case '/connection':
      data.connections = [conn]
      break
    case '/filter':
      data.connections = [...gateway.connections].filter(one => one.state.room === conn.state.room)
      break
  }
}
