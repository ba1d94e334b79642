/** A stream of events that is opened anew when it breaks. */
import { type Api, ApiProblem } from './api.ts'
import { readEvents, type ServerEvent } from './events.ts'

/** How it stands with the stream. */
export interface Link {
  /** False from when it broke (or has not come yet) until it is there again. */
  readonly isOpen: boolean
  /** When something was last heard, in ms since 1970; when the stream was asked for, before that. */
  readonly heardAt: number
  /** When it is asked for again, in ms since 1970; undefined while it is open or being asked for. */
  readonly nextTryAt?: number
  /** Why it broke, in the gateway's words where it has any. */
  readonly fault?: string
}

export interface StreamOptions {
  readonly api: Api
  /** Asked for each time, so that it may say what is there already. */
  readonly path: () => string
  readonly signal: AbortSignal
  /** The stream is there, again or for the first time. */
  readonly opened?: () => void
  readonly event: (event: ServerEvent) => void
  readonly link: (link: Link) => void
}

const DELAY_MS = { first: 500, most: 8000 }
/** A stream from which nothing has come for so long is given up; the gateway says something more often. */
const SILENCE_MS = 30_000

/** Follows a stream until the signal is aborted. A wrong token ends it, since no further try would help. */
export async function follow(options: StreamOptions): Promise<void> {
  const { signal } = options
  let heardAt = Date.now()
  let failures = 0
  while (!signal.aborted) {
    const fault = await attempt(options, at => {
      heardAt = at
      failures = 0
    })
    if (signal.aborted || fault.isFinal) return
    // By chance down to half of it, so that all consoles do not come back at once.
    const most = Math.min(DELAY_MS.most, DELAY_MS.first * 2 ** failures++)
    const delay = most * (0.5 + Math.random() / 2)
    options.link({ isOpen: false, heardAt, nextTryAt: Date.now() + delay, fault: fault.text })
    await pause(delay, signal)
    if (!signal.aborted) options.link({ isOpen: false, heardAt, fault: fault.text })
  }
}

async function attempt(
  { api, path, signal, opened, event, link }: StreamOptions,
  heard: (at: number) => void,
): Promise<{ readonly text: string; readonly isFinal: boolean }> {
  const silence = new AbortController()
  let last = Date.now()
  const watch = setInterval(() => {
    if (Date.now() - last > SILENCE_MS) silence.abort()
  }, 1000)
  try {
    const body = await api.open(path(), AbortSignal.any([signal, silence.signal]))
    const note = (): void => {
      last = Date.now()
      heard(last)
      link({ isOpen: true, heardAt: last })
    }
    opened?.()
    for await (const one of readEvents(body, note)) event(one)
    return { text: 'the stream has ended', isFinal: false }
  } catch (error) {
    const isFinal = error instanceof ApiProblem && error.status === 401
    if (error instanceof ApiProblem) return { text: error.message, isFinal }
    return {
      text: silence.signal.aborted ? 'nothing has come for too long' : 'the stream has broken',
      isFinal,
    }
  } finally {
    clearInterval(watch)
    silence.abort()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
