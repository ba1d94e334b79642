/** Numbers as people read them. */
import { inUnits } from '../size-text.ts'

/** `1,234,567` */
export function grouped(number: number): string {
  return Math.round(number)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

/** So many bytes, in three digits: `12 B`, `1.5 kB`, `230 MB`. A kB has 1000. */
export function bytesText(bytes: number): string {
  // 999.5 would be rounded to four digits.
  const [amount, unit] = inUnits(bytes, 999.5)
  return `${unit !== 'B' && amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${unit}`
}

/** How many a second: `1,234/s`, and of few the tenths: `0.4/s`. */
export function perSecond(rate: number): string {
  return `${rate > 0 && rate < 9.95 ? rate.toFixed(1) : grouped(rate)}/s`
}
