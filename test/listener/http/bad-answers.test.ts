/** Answers that no application should give. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Answer, startApplication } from '../../support/application.ts'
import { connect, refused } from '../../support/client.ts'
import { startGateway } from '../../support/gateway.ts'
import { rawServer } from '../../support/raw-server.ts'

test('answers with a million faults, or nested without end, are told in a line', async t => {
  const many = 200_000
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const answers = [
    `{"connections": [${'1,'.repeat(many)}1]}`,
    `{"send": [${'1,'.repeat(many)}1]}`,
    `{"close": [${'1,'.repeat(many)}1]}`,
    `{${Array.from({ length: many }, (_, i) => `"k${i}":1`).join()}}`,
    `{"send": [${Array.from({ length: 20_000 }, () => '{"to": 1}').join()}]}`,
    `{"state": ${deep(9000)}}`,
    `{"send": [{"to": "x", "message": "first"}, {"to": "x", "message": ${deep(9000)}}]}`,
    '{"message": "\\ud800"}',
  ]
  const application = await startApplication(t, () => new Answer(200, answers.shift()))
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: application.url, WS_LISTENER_EVENTS: 'message' },
  })
  const client = await connect(t, gateway.url)
  const texts: string[] = []
  while (answers.length > 1) {
    const from = gateway.lines.length
    client.send('x')
    const line = await gateway.event('listener.error', from)
    assert.ok(JSON.stringify(line).length < 2000)
    texts.push(line.msg ?? '')
  }
  assert.match(texts[0] ?? '', /"connections\[0\]" takes the id of a connection, got a number$/)
  assert.match(texts[1] ?? '', /"send\[0\]" takes an object/)
  assert.match(texts[2] ?? '', /"close\[0\]" takes the id of a connection, or an object with it/)
  assert.match(texts[3] ?? '', /"k0" is no key of .*; and 199997 more$/)
  assert.match(texts[4] ?? '', /"send\[0\]\.to" takes .*; and \d+ more$/)
  assert.match(texts[5] ?? '', /nested more than 512 deep/)
  assert.match(texts[6] ?? '', /nested more than 512 deep/)
  client.send('x')
  assert.deepEqual(await client.messages(1), ['\uFFFD'])
})

test('a push that is nested without end is refused', async t => {
  const gateway = await startGateway(t)
  const message = JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`)
  const { status, body } = await gateway.push({ message })
  assert.equal(status, 400)
  assert.match(body.detail, /nested more than 512 deep/)
})

test('what speaks no HTTP is a fault at once', async t => {
  const { url } = await rawServer(t, socket =>
    socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
  )
  const gateway = await startGateway(t, { env: { WS_LISTENER: url } })
  assert.equal(await refused(gateway.url), 503)
  const { msg } = await gateway.event('listener.error')
  assert.match(msg ?? '', /the answer is no HTTP\/1\.1/)
})

test('a text that is no UTF-8 is not sent', async t => {
  const { url } = await rawServer(t, socket =>
    socket.once('data', () => {
      const body = Buffer.concat([Buffer.from('{"message":"'), Buffer.from([0xe9]), Buffer.from('"}')])
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
      socket.end(body)
    }),
  )
  const gateway = await startGateway(t, {
    env: { WS_LISTENER: url, WS_LISTENER_EVENTS: 'push' },
  })
  const { status, body } = await gateway.push({ message: 'x' })
  assert.equal(status, 500)
  assert.match(body.detail, /the answer is no UTF-8 text/)
})

test('a first handshake that is answered with 401 or 404 raises the question whether all is set right', async t => {
  const application = await startApplication(t, () => new Answer(404, '<h1>Not Found</h1>'))
  const gateway = await startGateway(t, { env: { WS_LISTENER: application.url } })
  assert.equal(await refused(gateway.url), 404)
  assert.equal(await refused(gateway.url), 404)
  const isQuestion = ({ msg }: { msg?: string }) => /is the path in WS_LISTENER right\?/.test(msg ?? '')
  await gateway.line(isQuestion)
  await gateway.event('client.refused')
  assert.equal(gateway.lines.filter(isQuestion).length, 1)
})
