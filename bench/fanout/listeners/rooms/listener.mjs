// As the README's: changes each message, and gives it to the sender's room, without the sender.
export function onClientOpen(data) {
  data.conn.state.room = data.conn.request.path
}

export function onMessage(data, gateway) {
  const { room } = data.conn.state
  data.message = `> ${data.message}`
  if (room === '/echo') data.connections = [data.conn]
  else {
    data.connections = [...gateway.connections].filter(connection => connection.state.room === room)
    data.except = [data.conn]
  }
}
