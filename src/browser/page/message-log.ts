/** The list of what has come, gone and happened: the newest 500, the last one at the bottom. */
import { announceMessage } from './announcer.ts'
import { hexDump, sizeText, utf8Bytes } from './bytes.ts'
import { box, button, make } from './elements.ts'

type Way = 'in' | 'out' | 'event'

interface Entry {
  readonly way: Way
  readonly at: Date
  readonly text: string
  /** What is said where the text has been cut. */
  readonly cut: string
  readonly size: string
}

const MOST = 500
/** What is shown of one message. */
const SHOWN_CHARACTERS = 5000
const SHOWN_BYTES = 512
const SIGNS: Readonly<Record<Way, readonly [sign: string, meaning: string]>> = {
  in: ['↓', 'received'],
  out: ['↑', 'sent'],
  event: ['•', 'event'],
}
/** Whoever has scrolled no further away from the end than this, in pixels, is at the end. */
const NEAR = 24

const log = box('log')
const list = box('entries')
const empty = box('empty')
const count = box('count')
const pause = button('pause')

// What scrolls must be within a keyboard's reach.
log.tabIndex = 0

/** What is not shown yet: until the next frame, or until one goes on. No more of it than the list would keep. */
let waiting: Entry[] = []
let missed = 0
let isPaused = false
let frame: number | undefined

pause.addEventListener('click', () => {
  isPaused = !isPaused
  pause.setAttribute('aria-pressed', String(isPaused))
  if (!isPaused) show()
  tell()
})

button('clear').addEventListener('click', () => {
  list.replaceChildren()
  waiting = []
  missed = 0
  tell()
})

/**
 * A message that has come or gone.
 * @param bytes its whole size, where not all of it is here
 */
export function logMessage(way: 'in' | 'out', data: string | Uint8Array, bytes?: number): void {
  const at = new Date()
  if (typeof data === 'string') {
    const text = data.slice(0, SHOWN_CHARACTERS) || '(an empty text)'
    const cut = data.length > SHOWN_CHARACTERS ? `the first ${SHOWN_CHARACTERS} characters of it` : ''
    add({ way, at, text, cut, size: `text ${sizeText(utf8Bytes(data))}` })
    if (way === 'in') announceMessage(data)
  } else {
    const size = sizeText(bytes ?? data.length)
    const text = hexDump(data.subarray(0, SHOWN_BYTES)) || '(no bytes)'
    const cut = (bytes ?? data.length) > SHOWN_BYTES ? `the first ${SHOWN_BYTES} bytes of it` : ''
    add({ way, at, text, cut, size: `binary ${size}` })
    if (way === 'in') announceMessage(`binary, ${size}`)
  }
}

/** Something that is no message. */
export function logEvent(text: string): void {
  add({ way: 'event', at: new Date(), text, cut: '', size: '' })
}

function add(entry: Entry): void {
  waiting.push(entry)
  if (waiting.length > MOST) waiting.shift()
  if (isPaused) {
    missed++
    tell()
  } else if (frame === undefined) frame = requestAnimationFrame(show)
}

/** Shows what waits. Whoever looks at older ones is left in peace; whoever is at the end stays there. */
function show(): void {
  frame = undefined
  if (isPaused) return
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR
  list.append(...waiting.map(item))
  waiting = []
  missed = 0
  for (let over = list.childElementCount - MOST; over > 0; over--) list.firstElementChild?.remove()
  tell()
  if (isAtEnd) log.scrollTop = log.scrollHeight
}

function item({ way, at, text, cut, size }: Entry): HTMLElement {
  const [sign, meaning] = SIGNS[way]
  const time = make('time', clock(at), 'time')
  time.setAttribute('datetime', at.toISOString())
  const arrow = make('span', '', 'way')
  const visible = make('span', sign)
  visible.setAttribute('aria-hidden', 'true')
  arrow.append(visible, make('span', meaning, 'unseen'))
  const what = make('span', text, 'what')
  what.dir = 'auto'
  if (cut !== '') what.append(make('em', `\n… (${cut})`))
  const made = make('li', '')
  made.dataset.way = way
  made.append(time, arrow, what, make('span', size, 'size'))
  return made
}

function tell(): void {
  const shown = list.childElementCount
  empty.hidden = shown > 0
  const all = shown === MOST ? `the newest ${MOST}` : shown === 0 ? '' : `${shown} shown`
  count.textContent = isPaused ? `${all} · ${missed} more while paused` : all
}

/** The time of day with milliseconds, in 24 hours wherever one lives. */
function clock(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}
