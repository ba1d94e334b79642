/** Numbered messages to everyone at an even pace, in one endless request. */
import { request } from 'node:http'
import { head, PUBLISHED } from './client.ts'

const PER_SECOND = 20
const BYTES = 200
const filler = '.'.repeat(BYTES - head(PUBLISHED, 0).length)

export class Publisher {
  published = 0
  /** The gateway's answer to the stream; rejected when it ends before its time. */
  readonly answer: Promise<string>
  readonly #end: () => void

  constructor(socketPath: string) {
    const began = performance.now()
    const stream = request({
      socketPath,
      method: 'POST',
      path: '/push',
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
    let hasEnded = false
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) / 1000) * PER_SECOND)
      while (this.published < due) {
        stream.write(`{"message":"${head(PUBLISHED, ++this.published)}${filler}"}\n`)
      }
    }, 1000 / PER_SECOND)
    this.#end = () => {
      hasEnded = true
      clearInterval(timer)
      stream.end()
    }
    this.answer = new Promise((resolve, reject) => {
      stream.on('error', reject)
      stream.on('response', response => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () => {
          const said = `${response.statusCode} ${text.trim()}`
          if (hasEnded && response.statusCode === 200) resolve(said)
          else reject(new Error(`the stream of pushes ended with ${said}`))
        })
      })
    })
    this.answer.catch(() => clearInterval(timer))
  }

  end(): void {
    this.#end()
  }
}
