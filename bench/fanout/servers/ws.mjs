// Bare `ws` as its documentation shows it: a loop of sends; on /echo an answer to the sender alone.
import { WebSocket, WebSocketServer } from 'ws'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log(JSON.stringify({ port: server.address().port }))
})

server.on('connection', (socket, request) => {
  const echoes = request.url === '/echo'
  socket.on('error', error => console.error(error.message))
  socket.on('message', (data, isBinary) => {
    if (echoes) {
      socket.send(data, { binary: isBinary })
      return
    }
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary })
    }
  })
})
