/**
 * What a screen reader is told: what matters at once, and messages together, at most every two seconds. The log itself
 * is silent, since it would flood whoever listens.
 */
import { box } from './elements.ts'

const EVERY_MS = 2000
/** What is read out of a message. */
const SPOKEN_CHARACTERS = 100

const region = box('announcer')
let count = 0
let last = ''
let timer: number | undefined

/** A message has come. */
export function announceMessage(text: string): void {
  count++
  last = text.slice(0, SPOKEN_CHARACTERS)
  if (timer !== undefined) return
  timer = window.setTimeout(() => {
    timer = undefined
    region.textContent = count === 1 ? `Received: ${last}` : `${count} messages received, the last: ${last}`
    count = 0
  }, EVERY_MS)
}

/** Something else has happened. */
export function announce(text: string): void {
  region.textContent = text
}
