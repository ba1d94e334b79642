// An application that pushes the time to everyone, every two seconds. It has no dependency: the control socket
// speaks HTTP, so any language can do this.
import { request } from 'node:http'

const socketPath = '/run/gateway/websocket.sock'

function push(data) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' }
    const call = request({ socketPath, method: 'POST', path: '/push', headers }, response => {
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
    call.on('error', reject)
    call.end(JSON.stringify(data))
  })
}

for (;;) {
  const time = new Date().toISOString()
  try {
    const { recipients } = await push({ message: time })
    console.log(`${time} pushed to ${recipients}`)
  } catch (error) {
    // The gateway is still starting, or restarts: the next time goes out all the same.
    console.log(`${time} not pushed: ${error.message}`)
  }
  await new Promise(resolve => setTimeout(resolve, 2000))
}
