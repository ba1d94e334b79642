// Socket.IO's rooms, for bench/groups: see its listener, which does the same.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { drive } from '../groups/driver.mjs'

const http = createServer()
const io = new Server(http, { transports: ['websocket'], serveClient: false })
let count = 0

drive({
  connections: () => io.sockets.sockets.values(),
  join: (socket, group) => socket.join(group),
  leave: (socket, group) => socket.leave(group),
  identify: (socket, user) => {
    socket.data.user = user
  },
})

io.on('connection', socket => {
  const { way } = socket.handshake.query
  const group = `own-${++count}`
  if (way === 'own-group') socket.join(group)
  if (way === 'one-group') socket.join('all')
  socket.on('m', message => {
    if (way === 'own-group') io.to(group).emit('m', message)
    else if (way === 'one-group') io.to('all').emit('m', message)
    else if (way === 'connection') socket.emit('m', message)
    else io.emit('m', message)
  })
})

http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log(JSON.stringify({ port: http.address().port }))
})
