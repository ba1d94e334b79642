/** A line of WebSocket.log as people read it. */
import { parseLine } from '../log/parse-line.ts'
import { localTime } from './time.ts'
import { visible } from './visible.ts'

const LEVELS: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
}
const LONGEST_LEVEL = 5

/** Time, level, gateway, event, message and the further fields; an error's stack below. Ends with a newline. */
export function readableLine(line: string): string {
  const fields = parseLine(line)
  if (fields === undefined) return `${line}\n`
  const { time, level, gateway, event, msg, err, ...others } = fields
  const { text: fault, stack } = faultOf(err)
  const words = [
    typeof time === 'number' || typeof time === 'string' ? localTime(time, true) : undefined,
    (LEVELS[Number(level)] ?? shown(level)).padEnd(LONGEST_LEVEL),
    gateway === undefined ? undefined : shown(gateway),
    event === undefined ? undefined : `${shown(event)}:`,
    typeof msg === 'string' ? visible(msg) : undefined,
    ...Object.entries(others).map(([name, value]) => `${visible(name)}=${shown(value)}`),
    fault,
  ]
  const first = words.filter(word => word !== undefined && word !== '').join(' ')
  return [first, ...stack.map(l => `    ${visible(l)}`), ''].join('\n')
}

/** A value in one word where it is one, else as JSON. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return visible(value)
  return visible(JSON.stringify(value) ?? '')
}

/** An error with a stack goes below its line, anything else behind it. */
function faultOf(err: unknown): { text: string | undefined; stack: string[] } {
  if (err === undefined) return { text: undefined, stack: [] }
  if (typeof err !== 'object' || err === null) return { text: `err=${shown(err)}`, stack: [] }
  const { type: _, message, stack, ...others } = { type: '', message: '', stack: '', ...err }
  const rest = Object.keys(others).length > 0 ? `err=${shown(others)}` : undefined
  if (typeof stack === 'string' && stack !== '') return { text: rest, stack: stack.split('\n') }
  return { text: [`err=${shown(message)}`, rest].filter(Boolean).join(' '), stack: [] }
}
