/** Numbers, times and sizes in words. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** 12,345 */
export function count(value: number): string {
  return whole.format(value)
}

/** 12.3K, for the axis of a plot. */
export function short(value: number): string {
  return compact.format(value)
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** 12.3 MB */
export function bytes(value: number): string {
  let unit = 0
  let amount = value
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000
    unit++
  }
  return `${oneDigit.format(amount)} ${UNITS[unit]}`
}

/** 4.2 ms */
export function milliseconds(value: number): string {
  return `${value < 100 ? oneDigit.format(value) : whole.format(value)} ms`
}

/** 3 d 4 h, 2 h 5 min, 6 min 7 s, 8 s: two parts say enough. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}

/** 13:04:05, or with milliseconds 13:04:05.678, in the time of who looks. */
export function clock(at: Date, withMs = false): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  return withMs ? `${time}.${String(at.getMilliseconds()).padStart(3, '0')}` : time
}

/** 2026-11-26 13:04:05, in the time of who looks. */
export function dateAndTime(at: Date): string {
  const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()]
  return `${day.map(part => String(part).padStart(2, '0')).join('-')} ${clock(at)}`
}

/** How something is counted: 1 connection, 2 connections. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
