/** A line of WebSocket.log as people read it. */
import { parseLine } from '../log/parse-line.ts'
import { localTime } from '../time-text.ts'
import { type Colours, PLAIN } from './colour.ts'
import { visible } from './visible.ts'

/** A level's name, and how it is painted. */
const LEVELS: Readonly<Record<number, readonly [name: string, ...paint: (keyof Colours)[]]>> = {
  10: ['TRACE', 'dim'],
  20: ['DEBUG', 'dim'],
  30: ['INFO', 'green'],
  40: ['WARN', 'yellow'],
  50: ['ERROR', 'red'],
  60: ['FATAL', 'red', 'inverse'],
}
const LONGEST_LEVEL = 5

/** Time, level, gateway, event, message and the further fields; an error's stack below. Ends with a newline. */
export function readableLine(line: string, paint: Colours = PLAIN): string {
  const fields = parseLine(line)
  if (fields === undefined) return `${visible(line)}\n`
  const { time, level, gateway, event, msg, err, ...others } = fields
  const { text: fault, stack } = faultOf(err)
  const words = [
    typeof time === 'number' || typeof time === 'string' ? paint.dim(localTime(time, true)) : undefined,
    levelText(level, paint),
    gateway === undefined ? undefined : paint.dim(shown(gateway)),
    event === undefined ? undefined : paint.bold(`${shown(event)}:`),
    typeof msg === 'string' ? visible(msg) : undefined,
    ...Object.entries(others).map(([name, value]) => `${paint.dim(`${visible(name)}=`)}${shown(value)}`),
    fault,
  ]
  const first = words.filter(word => word !== undefined && word !== '').join(' ')
  return [first, ...stack.map(l => `    ${paint.dim(visible(l))}`), ''].join('\n')
}

function levelText(level: unknown, paint: Colours): string {
  const [name, ...painters] = LEVELS[Number(level)] ?? [shown(level)]
  const blanks = ' '.repeat(Math.max(0, LONGEST_LEVEL - name.length))
  return painters.reduce((text, painter) => paint[painter](text), name) + blanks
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
