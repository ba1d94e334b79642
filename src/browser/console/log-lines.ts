/** How a line of WebSocket.log is shown: one row, with all of it and the stack behind a click. */
import { element } from './element.ts'
import { clock } from './format.ts'
import type { LogLine } from './wire.ts'

/** pino's levels, the lowest first. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

export function levelName(level: number): string {
  return LEVELS[Math.min(LEVELS.length, Math.max(1, Math.round(level / 10))) - 1] ?? 'info'
}

/** What has a place of its own in the row, or says nothing here. */
const SHOWN = new Set(['time', 'level', 'gateway', 'event', 'msg', 'err', 'pid', 'hostname'])

export function logRow(line: LogLine): HTMLElement {
  const level = line.level === undefined ? '' : levelName(line.level)
  const rest = Object.entries(line).filter(([name]) => !SHOWN.has(name))
  const fields = rest.map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const { stack, message } = line.err ?? {}
  const row = element(
    'summary',
    {},
    element('span', { class: 'time' }, line.time === undefined ? '' : clock(new Date(line.time), true)),
    element('span', { class: `level ${level}` }, level),
    element('span', { class: 'event' }, line.event ?? ''),
    element(
      'span',
      { class: 'text' },
      // A text that turns the order of characters around does so with its own alone.
      element('bdi', {}, line.msg ?? message ?? ''),
      element('span', { class: 'fields' }, ...fields.flatMap(field => [' ', element('span', {}, field)])),
    ),
  )
  const details = element('details', { class: `line ${level}` }, row)
  // Made when somebody looks: a thousand of them need not be there.
  details.addEventListener('toggle', () => {
    if (!details.open || details.childElementCount > 1) return
    if (stack !== undefined) details.append(element('pre', { class: 'stack' }, stack))
    details.append(element('pre', {}, JSON.stringify(withoutStack(line), null, 2)))
  })
  return details
}

/** The stack stands above it. */
function withoutStack(line: LogLine): unknown {
  if (line.err?.stack === undefined) return line
  const { stack: _, ...err } = line.err
  return { ...line, err }
}
