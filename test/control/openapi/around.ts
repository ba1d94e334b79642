/** What holds around the operations: paths and methods that there are not, HEAD, and the same over TCP. */
import { connect } from 'node:net'
import { type Answer, ask, type Door } from './ask.ts'
import { description, operations, samplePath } from './document.ts'
import { faultsOf, responseFaults } from './fit.ts'
import type { Stage } from './stage.ts'
import { CONTROL_TOKEN } from './stages.ts'

const { MethodNotAllowed, NoRoute, NoHttp } = description.components.responses
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']
const NOWHERE = ['/nowhere', '/status/', '/Status', '/connections/', '/groups/cats', '/constructor', '//']

/** What is wrong, asked through the socket and over TCP. */
export async function faultsAround(stage: Stage): Promise<string[]> {
  const tcp = await stage.tcp()
  const faults = await Promise.all(
    [stage.door, tcp].map(async door => [
      ...(await wrongMethods(door, door === tcp ? ['PATCH'] : METHODS)),
      ...(await wrongPaths(door)),
      ...(await noHttp(door)),
      ...(await reads(door, 'GET')),
      ...(await reads(door, 'HEAD')),
    ]),
  )
  return faults.flat()
}

/** 405, with all that are taken in `Allow`. */
async function wrongMethods(door: Door, methods: readonly string[]): Promise<string[]> {
  const faults: string[] = []
  for (const path of new Set(operations.map(samplePath))) {
    const taken = operations.filter(operation => samplePath(operation) === path).map(({ method }) => method)
    const allowed = taken.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    for (const method of methods.filter(method => !allowed.includes(method))) {
      const answer = await call(door, method, path)
      const { status, headers } = answer
      const told = headers.allow?.split(', ') ?? []
      if (status !== 405) faults.push(`${method} ${path} is ${status}`)
      else if (told.toSorted().join() !== allowed.toSorted().join())
        faults.push(`${method} ${path} allows ${told}, described are ${allowed}`)
      else if (MethodNotAllowed !== undefined)
        faults.push(...responseFaults(MethodNotAllowed, answer, `${method} ${path}`))
    }
  }
  return faults
}

async function wrongPaths(door: Door): Promise<string[]> {
  const answers = await Promise.all(NOWHERE.map(path => call(door, 'GET', path)))
  return answers.flatMap(answer =>
    answer.status === 404 && NoRoute !== undefined
      ? responseFaults(NoRoute, answer, answer.path)
      : [`GET ${answer.path} is ${answer.status}`],
  )
}

const HEAD = 'POST /push HTTP/1.1\r\nHost: gateway\r\n'
/** What is no HTTP, and its status. After ten seconds it would be 408, for which nobody waits here. */
const NO_HTTP: readonly (readonly [string, number])[] = [
  ['\0\0\0\0\r\n\r\n', 400],
  [`${HEAD}X: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
  [`${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n`, 400],
]

async function noHttp(door: Door): Promise<string[]> {
  const faults = NO_HTTP.map(async ([text, status]) => {
    const answer = await say(door, text)
    if (answer.status !== status) return [`${text.slice(0, 20)} is ${answer.status}: ${answer.text}`]
    const problem = JSON.parse(answer.text)
    return NoHttp === undefined ? [] : responseFaults(NoHttp, { ...answer, body: problem }, 'no HTTP')
  })
  return (await Promise.all(faults)).flat()
}

/** Sends some bytes, and reads what is answered until the other side closes. */
async function say(door: Door, sent: string): Promise<Answer> {
  const socket = connect('port' in door ? { port: door.port } : { path: door.socketPath })
  socket.on('error', () => undefined).write(sent)
  let got = ''
  for await (const part of socket.setEncoding('utf8')) got += part
  const [head = '', text = ''] = got.split('\r\n\r\n')
  const lines = head
    .split('\r\n')
    .slice(1)
    .map(line => line.split(': '))
  const headers = Object.fromEntries(lines.map(([name = '', value = '']) => [name.toLowerCase(), value]))
  const status = Number(/^HTTP\/1.1 (\d{3})/.exec(head)?.[1])
  return { method: 'POST', path: '/push', asked: {}, status, headers, text, body: undefined }
}

/** What can be read is answered as it is described; by HEAD, without the body. */
async function reads(door: Door, method: 'GET' | 'HEAD'): Promise<string[]> {
  const answers = operations
    .filter(operation => operation.method === 'GET')
    .map(async operation => {
      const answer = await call(door, method, TARGETS[operation.path] ?? samplePath(operation))
      return faultsOf(operation, answer).map(fault => `${method} ${answer.path} ${fault}`)
    })
  return (await Promise.all(answers)).flat()
}

/** What needs a query, or would say nothing for long without one. */
const TARGETS: Readonly<Record<string, string>> = {
  '/trace': '/trace?user=nobody&seconds=1',
  '/logs/events': '/logs/events?limit=1',
}

/** With the token, whether it is needed or not. Of events, the beginning is enough. */
function call(door: Door, method: string, path: string): Promise<Answer> {
  const enough = (text: string): boolean => text === '' || text.includes('\n\n')
  return ask(door, method, path, {
    headers: { authorization: `Bearer ${CONTROL_TOKEN}` },
    ...(/^\/(trace|events|logs\/events)/.test(path) && { enough }),
  })
}
