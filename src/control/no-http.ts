/** What is answered to who speaks no HTTP, or takes too long for it. node:http would say so without a problem document. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { problemAnswer, refuse } from '../connections/answers.ts'
import { Problem } from '../problem.ts'

/** Sees to it that a server's callers get a problem document for this as well. */
export function answerNoHttp(server: Server): void {
  const last = new WeakMap<Duplex, ServerResponse>()
  const note = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    last.set(socket, response)
  }
  server.on('request', note).on('checkContinue', note)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = last.get(socket)
    // In the midst of an answer, another one would be taken for a part of it.
    const isAnswering = response?.headersSent === true && !response.writableFinished
    if (socket.writable && !isAnswering && error.code !== 'ECONNRESET')
      refuse(socket, problemAnswer(problemOf(error)))
    else socket.destroy()
  })
}

function problemOf({ code, message }: NodeJS.ErrnoException): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem(431, "the request's head has more than 16 KiB")
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem(408, "the request's head has taken too long")
  return new Problem(400, `this is no HTTP: ${message.replace(/^Parse Error: /, '')}`)
}
