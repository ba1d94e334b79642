/** How the text of a variable becomes a value, and what a user is told it takes. */

/** One kind of value. `read` gives the value, or undefined for a text that it does not take. */
export interface Kind<T> {
  /** Continues the sentence "NAME takes …". */
  readonly takes: string
  read(text: string): T | undefined
  /** What is wrong with this very text, where more can be said than `takes`. */
  explain?(text: string): string | undefined
}

export const text: Kind<string> = {
  takes: 'any text',
  read: value => value,
}

/** A whole number from `low` to `high`, both included, written in plain digits. */
export function wholeNumber(low: number, high: number, unit = ''): Kind<number> {
  return {
    takes: `a whole number${unit && ` of ${unit}`} from ${low} to ${high}`,
    read(value) {
      if (!/^\d{1,15}$/.test(value)) return undefined
      const number = Number(value)
      return number >= low && number <= high ? number : undefined
    },
  }
}

/** The largest delay that a Node timer takes, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const milliseconds = wholeNumber(1, LONGEST_TIMER_MS, 'milliseconds')

/** A number of milliseconds, or 0 or `off` for none. */
export const millisecondsOrOff: Kind<number | null> = {
  takes: `${milliseconds.takes}, or off`,
  read: value => (value === '0' || value.toLowerCase() === 'off' ? null : milliseconds.read(value)),
}

export const port: Kind<number> = {
  ...wholeNumber(0, 65535),
  explain: value =>
    value.startsWith('tcp://')
      ? 'Kubernetes injected it for a service of that name: set enableServiceLinks: false in the pod, or name the service otherwise'
      : undefined,
}

export function oneOf<const T extends string>(...values: T[]): Kind<T> {
  return {
    takes: `one of ${values.join(', ')}`,
    read: value => values.find(candidate => candidate === value.toLowerCase()),
  }
}

/** A text of a certain shape. */
export function matching(pattern: RegExp, takes: string): Kind<string> {
  return { takes, read: value => (pattern.test(value) ? value : undefined) }
}

/** A file mode in octal digits, as chmod takes it. */
export const fileMode: Kind<number> = {
  takes: 'a file mode in octal digits, such as 0660',
  read: value => (/^0?[0-7]{3}$/.test(value) ? Number.parseInt(value, 8) : undefined),
}
