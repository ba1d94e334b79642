/** The clients of the soak test: those that behave, and those that do not. */
import { CHAT, Client, head, NUMBER_DIGITS, noteFault, type Run, SENDER_DIGITS } from './client.ts'
import { digits, NO_FAULT, Sequence, type Tally, together } from './sequence.ts'

/** Milliseconds. */
const STAY = { least: 1000, most: 30_000 }
const AWAY = { least: 100, most: 1000 }
const CHAT_EVERY = { least: 500, most: 3500 }
/** Longer than two heartbeats of the gateway: then it must have given up on who does not read. */
const STALL_MS = 15_000
const GONE_WITHIN_MS = 10_000
const ROOM = 10

export class Stayer extends Client {}

/** Stays, and talks to the others in its room. */
export class Chatter extends Client {
  sent = 0
  readonly room: number
  readonly #number: number
  /** What it gets from each member of its room, itself included. */
  readonly #others = new Map<number, Sequence>()
  protected override readonly path: string

  constructor(run: Run, number: number) {
    super(run)
    this.#number = number
    this.room = Math.floor(number / ROOM)
    this.path = `/?room=${this.room}`
  }

  /** Begins to talk, once its room is complete. */
  talk(): void {
    this.after(CHAT_EVERY, () => {
      this.ws?.send(head(CHAT, ++this.sent, this.#number))
      this.talk()
    })
  }

  protected override heard(bytes: Buffer): void {
    const sender = digits(bytes, 1, SENDER_DIGITS)
    this.#of(sender).take(digits(bytes, 1 + SENDER_DIGITS, NUMBER_DIGITS))
  }

  /** What was wrong with the messages of another one in its room. */
  tallyOf(sender: Chatter): Tally {
    return this.#of(sender.#number).tally(sender.sent)
  }

  #of(sender: number): Sequence {
    const known = this.#others.get(sender)
    if (known !== undefined) return known
    const sequence = new Sequence(1)
    this.#others.set(sender, sequence)
    return sequence
  }
}

/** Who comes again and again. */
abstract class Visitor extends Client {
  /** What was wrong in former visits. */
  #past: Tally = NO_FAULT

  protected again(): void {
    clearTimeout(this.timer)
    this.#past = this.tally()
    this.published = new Sequence()
    this.after(AWAY, () => void this.connect())
  }

  override tally(): Tally {
    return together([this.#past, this.published.tally()])
  }

  protected override refused(why: string): void {
    super.refused(why)
    this.again()
  }
}

/** Stays for a while, and closes properly. */
export class Comer extends Visitor {
  #isLeaving = false

  protected override opened(): void {
    this.#isLeaving = false
    this.after(STAY, () => {
      this.#isLeaving = true
      this.ws?.close(1000)
    })
  }

  protected override closed(code: number, why: string): void {
    if (!this.#isLeaving || code !== 1000) super.closed(code, why)
    this.again()
  }
}

/** Is gone without a word. */
export class Vanisher extends Visitor {
  #isLeaving = false

  protected override opened(): void {
    this.#isLeaving = false
    this.after(STAY, () => {
      this.#isLeaving = true
      this.ws?.terminate()
    })
  }

  protected override closed(code: number, why: string): void {
    if (!this.#isLeaving) super.closed(code, why)
    this.again()
  }
}

/** Stops reading; the gateway must close it. A glutton has first asked for more than may wait for it. */
export class Staller extends Visitor {
  readonly #isGlutton: boolean
  #isStalling = false
  #isOverdue = false

  constructor(run: Run, isGlutton: boolean) {
    super(run)
    this.#isGlutton = isGlutton
  }

  protected override opened(): void {
    this.#isStalling = false
    this.#isOverdue = false
    this.after(STAY, () => {
      this.#isStalling = true
      if (this.#isGlutton) this.ws?.send('flood')
      this.ws?.pause()
      // While paused it does not see its own end.
      this.after(STALL_MS, () => {
        this.ws?.resume()
        this.after(GONE_WITHIN_MS, () => {
          this.#isOverdue = true
          this.ws?.terminate()
        })
      })
    })
  }

  protected override closed(code: number, why: string): void {
    if (!this.#isStalling) super.closed(code, why)
    if (this.#isOverdue) noteFault(this.run, `a Staller was still served after ${STALL_MS} ms`)
    this.again()
  }
}
