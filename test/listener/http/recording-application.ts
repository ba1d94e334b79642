/**
 * An application that honours webhook-id: `node --import tsx recording-application.ts PORT FILE` writes each message
 * once to the file, before it answers, also when it is killed in between and asked again. A restarted one reads the
 * file first. It prints a line when it listens.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port, file = ''] = process.argv.slice(2)
const seen = new Set(
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .map(line => line.split(' ')[0])
    : [],
)

createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  const { conn, message } = JSON.parse(text)
  const id = String(request.headers['webhook-id'])
  if (!seen.has(id)) {
    seen.add(id)
    appendFileSync(file, `${id} ${conn.id} ${message}\n`)
  }
  response.end(JSON.stringify({ connections: [conn.id] }))
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'))
