// Socket.IO as its documentation shows it, over WebSocket alone; with ?echo an answer to the sender alone.
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const http = createServer()
const io = new Server(http, { transports: ['websocket'], serveClient: false })

io.on('connection', socket => {
  const echoes = socket.handshake.query.echo !== undefined
  socket.on('m', message => {
    if (echoes) socket.emit('m', message)
    else io.emit('m', message)
  })
})

http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log(JSON.stringify({ port: http.address().port }))
})
