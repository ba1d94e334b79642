// The same writes as the gateway's, without a gateway around them: a frame is built once, the frames of one
// turn of the event loop are joined once, and each raw socket gets them in one write.
import { Sender, WebSocketServer } from 'ws'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log(JSON.stringify({ port: server.address().port }))
})

/** Those who get everything, and what they get in this turn. */
const subscribers = new Set()
let forAll = []
/** Those who get what they sent, and what each has sent in this turn. */
const forOne = new Map()
let scheduled = false

function flush() {
  scheduled = false
  if (forAll.length > 0) {
    const bytes = forAll.length === 1 ? forAll[0] : Buffer.concat(forAll)
    forAll = []
    for (const raw of subscribers) raw.write(bytes)
  }
  for (const [raw, frames] of forOne) raw.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
  forOne.clear()
}

server.on('connection', (socket, request) => {
  const raw = request.socket
  const echoes = request.url === '/echo'
  if (!echoes) subscribers.add(raw)
  socket.on('error', error => console.error(error.message))
  socket.on('close', () => subscribers.delete(raw))
  socket.on('message', (data, isBinary) => {
    const parts = Sender.frame(data, { fin: true, opcode: isBinary ? 2 : 1, mask: false, readOnly: true })
    const frame = Buffer.concat(parts)
    if (!echoes) forAll.push(frame)
    else if (forOne.has(raw)) forOne.get(raw).push(frame)
    else forOne.set(raw, [frame])
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  })
})
