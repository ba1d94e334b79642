/** Which lines of WebSocket.log are wanted: for `gateway logs` and for `GET /logs`. */
import { parseLine } from './parse-line.ts'

/** pino's levels by their names, the least severe first. */
export const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

export type Level = keyof typeof LEVELS

/** What a line must have; what is left out may be anything. */
export interface LogFilter {
  /** This level, or one above it. */
  readonly level?: Level | undefined
  /** This event, or with a `*` at its end (`listener.*`) each that begins so. */
  readonly event?: string | undefined
  /** The id of a connection that the line is about. */
  readonly conn?: string | undefined
  /** Stands anywhere in the line as it is in the file, in large or small letters. */
  readonly text?: string | undefined
  /** The id of the gateway that wrote it. */
  readonly gateway?: string | undefined
}

/** Whether a text is the name of a level. */
export function isLevel(text: string): text is Level {
  return Object.hasOwn(LEVELS, text)
}

/**
 * What tells whether a line is wanted. A line that is no JSON object has no level, event, connection or gateway, so
 * it is wanted only by a filter that asks for none of them.
 */
export function matcher({ level, event, conn, text, gateway }: LogFilter): (line: string) => boolean {
  const least = level === undefined ? undefined : LEVELS[level]
  const isEvent = event === undefined ? undefined : eventMatcher(event)
  const words = text?.toLowerCase()
  const asksForFields = [least, isEvent, conn, gateway].some(asked => asked !== undefined)
  return line => {
    // Looked at first, since it spares reading the JSON of most lines; so does a value that must stand in it.
    if (words !== undefined && !line.toLowerCase().includes(words)) return false
    if (!asksForFields) return true
    if (!mayHave(line, conn) || !mayHave(line, gateway)) return false
    const fields = parseLine(line)
    return (
      fields !== undefined &&
      (least === undefined || Number(fields.level) >= least) &&
      (isEvent === undefined || isEvent(fields.event)) &&
      (conn === undefined || fields.conn === conn) &&
      (gateway === undefined || fields.gateway === gateway)
    )
  }
}

/** Plain text stands in JSON as it is; another may be written in several ways, and only reading it tells. */
function mayHave(line: string, value: string | undefined): boolean {
  return value === undefined || !/^[\w.-]*$/.test(value) || line.includes(value)
}

function eventMatcher(wanted: string): (event: unknown) => boolean {
  if (!wanted.endsWith('*')) return event => event === wanted
  const beginning = wanted.slice(0, -1)
  return event => typeof event === 'string' && event.startsWith(beginning)
}
