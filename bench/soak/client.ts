/** One client of the soak test, and what the messages look like. */
import { WebSocket } from 'ws'
import { digits, Sequence, type Tally } from './sequence.ts'

/** What all clients of a run share. */
export interface Run {
  readonly url: string
  /** From 0 to 1, the same for the same seed. */
  random(): number
  /** Nobody comes again, and an end of a connection is no fault. */
  isOver: boolean
  readonly faults: Map<string, number>
}

export const PUBLISHED = 'p'
export const CHAT = 'c'
const [published, chat] = [PUBLISHED.charCodeAt(0), CHAT.charCodeAt(0)]
export const NUMBER_DIGITS = 8
export const SENDER_DIGITS = 5

/** A message's head: which kind, from whom, and its number. */
export function head(kind: string, number: number, sender?: number): string {
  const from = sender === undefined ? '' : String(sender).padStart(SENDER_DIGITS, '0')
  return kind + from + String(number).padStart(NUMBER_DIGITS, '0')
}

export function noteFault(run: Run, what: string): void {
  run.faults.set(what, (run.faults.get(what) ?? 0) + 1)
}

/** Connects, stays to the end, and checks what it gets. */
export class Client {
  /** How often it got in. */
  visits = 0
  /** What it gets from the publisher; of who comes again, since it came last. */
  protected published = new Sequence(1)
  protected readonly run: Run
  protected ws: WebSocket | undefined
  protected timer: NodeJS.Timeout | undefined
  protected readonly path: string = '/'

  constructor(run: Run) {
    this.run = run
  }

  /** Resolves once it is in, or has failed. */
  connect(): Promise<void> {
    // Neither is of interest here, and both cost time that the gateway may need.
    const ws = new WebSocket(this.run.url + this.path, { perMessageDeflate: false, skipUTF8Validation: true })
    this.ws = ws
    ws.on('message', (bytes: Buffer) => {
      if (bytes[0] === published) this.published.take(digits(bytes, 1, NUMBER_DIGITS))
      else if (bytes[0] === chat) this.heard(bytes)
    })
    // One that is cut off also has an error; its end is what counts.
    let why = ''
    ws.on('error', error => {
      why = error.message
    })
    let isOpen = false
    ws.on('close', code => {
      if (this.run.isOver) return
      if (isOpen) this.closed(code, why)
      else this.refused(why)
    })
    return new Promise(resolve => {
      ws.once('close', () => resolve())
      ws.once('open', () => {
        isOpen = true
        this.visits++
        this.opened()
        resolve()
      })
    })
  }

  /** Says nothing any more; what was sent still comes. */
  rest(): void {
    clearTimeout(this.timer)
  }

  leave(): void {
    this.rest()
    this.ws?.terminate()
  }

  /** What was wrong; who stays must also have got the publisher's last message, when its number is given. */
  tally(last?: number): Tally {
    return this.published.tally(last)
  }

  protected opened(): void {
    // Stays, and only listens.
  }

  protected heard(_bytes: Buffer): void {
    // Is in no room.
  }

  protected closed(code: number, why: string): void {
    noteFault(this.run, `${this.constructor.name} was closed with ${code} ${why}`.trim())
  }

  protected refused(why: string): void {
    noteFault(this.run, `${this.constructor.name} did not get in: ${why}`)
  }

  protected after(ms: number | { readonly least: number; readonly most: number }, then: () => void): void {
    const wait = typeof ms === 'number' ? ms : ms.least + this.run.random() * (ms.most - ms.least)
    this.timer = setTimeout(then, wait)
  }
}
