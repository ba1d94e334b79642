// An application that runs as a user of its own (33, see docker-compose.yml). Every five seconds it asks the
// gateway how many are connected, and tells them.
import { request } from 'node:http'

const socketPath = '/run/gateway/websocket.sock'

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const sent = request({ socketPath, method, path, headers }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => {
        const answer = JSON.parse(text)
        if (response.statusCode === 200) resolve(answer)
        else reject(new Error(`${response.statusCode}: ${answer.detail}`))
      })
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

for (;;) {
  await new Promise(resolve => setTimeout(resolve, 5000))
  try {
    const { connections } = await call('GET', '/status')
    await call('POST', '/push', { message: { online: connections } })
    console.log(`user ${process.getuid()}: told ${connections} that they are online`)
  } catch (error) {
    console.log(`user ${process.getuid()}: not pushed: ${error.message}`)
  }
}
