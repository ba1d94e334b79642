// Socket.IO as its documentation shows it, over WebSocket alone; with ?echo an answer to the sender alone. With
// REDIS_URL it is one of several nodes, by its adapter for Redis Streams.
import { createServer } from 'node:http'
import { Server } from 'socket.io'

async function nodes(url) {
  const { createClient } = await import('redis')
  const { createAdapter } = await import('@socket.io/redis-streams-adapter')
  const client = createClient({ url })
  client.on('error', error => console.error(error.message))
  await client.connect()
  return { adapter: createAdapter(client) }
}

const { REDIS_URL } = process.env
const http = createServer()
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  ...(REDIS_URL === undefined ? {} : await nodes(REDIS_URL)),
})

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
