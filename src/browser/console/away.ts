/** The line that says that the gateway is away, and since when. */
import { element, setText } from './element.ts'
import { duration } from './format.ts'
import type { Live } from './live.ts'

/** A gateway says something each second; after so many milliseconds without, it is away. */
const AWAY_MS = 4000

/**
 * @param changed told whether it is away, each time that this has changed
 */
export function awayLine(live: Live, signal: AbortSignal, changed: (isAway: boolean) => void): HTMLElement {
  // The seconds, read out each second, would drown everything else.
  const heard = element('span', { role: 'status', class: 'unseen' })
  const seen = element('span', { 'aria-hidden': 'true' })
  const line = element('div', { class: 'away', hidden: true }, heard, seen)
  let wasAway = false
  const look = (): void => {
    const { heardAt, fault } = live.link.value
    const silent = Date.now() - heardAt
    const isAway = silent > AWAY_MS
    if (isAway) {
      const why = fault === undefined ? '' : ` (${fault})`
      setText(heard, `No answer${why}; trying again.`)
      setText(seen, `No answer since ${duration(silent)}${why}; trying again.`)
    } else setText(heard, '')
    line.hidden = !isAway
    if (isAway !== wasAway) changed(isAway)
    wasAway = isAway
  }
  const timer = setInterval(look, 1000)
  signal.addEventListener('abort', () => clearInterval(timer))
  live.link.watch(signal, ({ isOpen }) => {
    if (isOpen && wasAway) look()
  })
  return line
}
