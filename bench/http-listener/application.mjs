/**
 * Answers the sender: what listener/listener.js does, as an application that is asked over HTTP.
 * `node application.mjs PLACE`, a port or the path of a Unix socket; it prints a line of JSON when it listens.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const place = process.argv[2] ?? '0'
const secret = process.env.WS_LISTENER_SECRET ?? ''

function isSigned(headers, body) {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const ours = Buffer.from(`v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
  const theirs = Buffer.from(String(headers['webhook-signature']))
  return ours.length === theirs.length && timingSafeEqual(ours, theirs)
}

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', chunk => {
    body += chunk
  })
  request.on('end', () => {
    if (!isSigned(request.headers, body)) {
      response.writeHead(401).end()
      return
    }
    response.end(JSON.stringify({ connections: [JSON.parse(body).conn.id] }))
  })
})
server.listen(/^\d+$/.test(place) ? { port: Number(place), host: '127.0.0.1' } : place, () => {
  const address = server.address()
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 1 }))
})
