/** What travels between nodes, and how a batch of it is written. */
import type { Order } from '../cluster/questions.ts'
import type { Load } from '../cluster/status.ts'
import type { PresenceRecord } from '../presence/records.ts'

/** The recipients of a message, as other nodes can look them up. Left out: everyone. */
export interface RemoteRecipients {
  readonly connections?: readonly string[]
  readonly groups?: readonly string[]
  readonly users?: readonly string[]
  readonly except?: readonly string[]
}

/** A message; its payload stands behind it. */
export interface MessageRecord {
  readonly kind: 'message'
  readonly isBinary?: true
  readonly to?: RemoteRecipients
  /** Of the push that it is, so that each node knows that it has happened. */
  readonly key?: string
}

/** An order, and where its answer goes. */
export interface OrderRecord {
  readonly kind: 'order'
  readonly order: Order
  readonly reply?: { readonly node: string; readonly question: string }
}

/** A node is there, for the first time or again. `isNew` asks all others for what they hold. */
export interface Hello extends Load {
  readonly kind: 'hello'
  readonly host: string
  readonly isNew: boolean
}

/** A node lives still. */
export interface Beat extends Load {
  readonly kind: 'beat'
  readonly host: string
}

/** A node goes; its heir waits for those whom it held. */
export interface Bye {
  readonly kind: 'bye'
  readonly heir?: string | undefined
}

/** Another node has not been heard of for too long; who says so is its heir. */
export interface Dead {
  readonly kind: 'dead'
  readonly node: string
}

/** These are numbered, kept while Redis is away, and taken once. */
export type Numbered = MessageRecord | OrderRecord
/** These say how it is at the moment, and are said anew with each session. */
export type State = Hello | Beat | Bye | Dead | PresenceRecord

export type BusRecord = Numbered | State

/** A record as it is written: its head is JSON, its payload bytes. */
export interface Written {
  readonly head: Buffer
  readonly payload: Buffer
}

export interface Received {
  readonly record: BusRecord
  readonly payload: Buffer
}

const EMPTY = Buffer.alloc(0)
/** The lengths of the head and of the payload. */
const LENGTHS = 8

export function isNumbered(record: BusRecord): record is Numbered {
  return record.kind === 'message' || record.kind === 'order'
}

/** @param payload is not copied, and must not change */
export function write(record: BusRecord, payload: Buffer = EMPTY): Written {
  return { head: Buffer.from(JSON.stringify(record)), payload }
}

/** Writes records of which many are alike: messages to the same recipients share one head. */
export class RecordWriter {
  #text = ''
  #head = EMPTY

  /** @param payload is not copied, and must not change */
  write(record: BusRecord, payload: Buffer = EMPTY): Written {
    const text = JSON.stringify(record)
    if (text !== this.#text) {
      this.#text = text
      this.#head = Buffer.from(text)
    }
    return { head: this.#head, payload }
  }
}

/** What a record takes in a batch, in bytes. */
export function sizeOf({ head, payload }: Written): number {
  return LENGTHS + head.length + payload.length
}

export function toBatch(records: readonly Written[]): Buffer {
  const batch = Buffer.allocUnsafe(records.reduce((sum, record) => sum + sizeOf(record), 0))
  let at = 0
  for (const { head, payload } of records) {
    batch.writeUInt32BE(head.length, at)
    batch.writeUInt32BE(payload.length, at + 4)
    batch.set(head, at + LENGTHS)
    batch.set(payload, at + LENGTHS + head.length)
    at += LENGTHS + head.length + payload.length
  }
  return batch
}

/** @throws RangeError or SyntaxError for what is no batch */
export function* fromBatch(batch: Buffer): Iterable<Received> {
  let at = 0
  while (at < batch.length) {
    const head = batch.readUInt32BE(at)
    const payload = batch.readUInt32BE(at + 4)
    const from = at + LENGTHS
    at = from + head + payload
    if (at > batch.length) throw new RangeError('a batch ends in the middle of a record')
    // Who writes to this stream is a node of ours.
    const record = JSON.parse(batch.toString('utf8', from, from + head)) as BusRecord
    yield { record, payload: batch.subarray(from + head, at) }
  }
}
