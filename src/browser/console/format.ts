/** Numbers, times and sizes in words. */
import { inUnits } from '../../size-text.ts'
import { clockTime, inWords, localTime } from '../../time-text.ts'

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

/** 12.3 MB */
export function bytes(value: number): string {
  const [amount, unit] = inUnits(value)
  return `${oneDigit.format(amount)} ${unit}`
}

/** 4.2 ms */
export function milliseconds(value: number): string {
  return `${value < 100 ? oneDigit.format(value) : whole.format(value)} ms`
}

/** 3 d 4 h, 2 h 5 min, 6 min 7 s, 8 s: two parts say enough. */
export function duration(ms: number): string {
  return inWords(Math.max(0, ms))
}

/** 13:04:05, or with milliseconds 13:04:05.678, in the time of who looks. */
export function clock(at: Date, withMs = false): string {
  return clockTime(at.getTime(), withMs)
}

/** 2026-11-26 13:04:05, in the time of who looks. */
export function dateAndTime(at: Date): string {
  return localTime(at.getTime())
}

/** How something is counted: 1 connection, 2 connections. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
