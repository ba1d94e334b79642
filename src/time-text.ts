/** Times as people read them. */

/** `2026-11-24 19:45:01`, in the time zone of the machine; a text that is no time is left as it is. */
export function localTime(time: string | number, withMilliseconds = false): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return String(time)
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  const rest = withMilliseconds ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : ''
  return `${day} ${clock}${rest}`
}

/** `19:45:01.123`; a text that is no time is left as it is. */
export function clockTime(time: string | number, withMilliseconds = true): string {
  const whole = localTime(time, withMilliseconds)
  return whole.slice(whole.indexOf(' ') + 1)
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

/** A span of time in its two largest units: `3 h 12 min`. */
export function inWords(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  const units = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = units.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
