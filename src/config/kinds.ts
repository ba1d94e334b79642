/** How the text of a variable becomes a value, and what a user is told it takes. */
import { commaList } from '../comma-list.ts'

/** One kind of value. `read` gives the value, or undefined for a text that it does not take. */
export interface Kind<T> {
  /** Continues the sentence "NAME takes …". */
  readonly takes: string
  read(text: string): T | undefined
  /** What is wrong with this very text, where more can be said than `takes`. */
  explain?(text: string): string | undefined
  /** How a value is shown where its own text would be too long for a line. */
  show?(value: T): string
  /** What may be shown of a value that is a secret. */
  mask?(value: T): string
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

/** A duration that is looked at by a clock of ours, so that it may be longer than Node's timers take; 0 is off. */
export const durationOrOff: Kind<number> = zeroIsOff(wholeNumber(1, 999_999_999_999_999, 'milliseconds'))

/** A count or size that is a limit; 0 is off. */
export function limit(unit = ''): Kind<number> {
  return zeroIsOff(wholeNumber(1, 999_999_999_999_999, unit))
}

/** Takes 0 and `off` as well, and gives 0 for both. */
export function zeroIsOff(kind: Kind<number>): Kind<number> {
  return {
    takes: `${kind.takes}, or 0 or off`,
    read: value => (value === '0' || value.toLowerCase() === 'off' ? 0 : kind.read(value)),
  }
}

/** `on off true false 1 0`. */
export const onOff: Kind<boolean> = {
  takes: 'on or off (also true, false, 1, 0)',
  read(value) {
    const word = value.toLowerCase()
    if (word === 'on' || word === 'true' || word === '1') return true
    return word === 'off' || word === 'false' || word === '0' ? false : undefined
  },
}

/** Several of a kind, with commas between them. */
export function listOf<T extends string>(kind: Kind<T>): Kind<readonly T[]> {
  return {
    takes: `a list, with commas, of ${kind.takes}`,
    read(value) {
      const items = commaList(value).map(item => kind.read(item))
      const good = items.filter(item => item !== undefined)
      return items.length > 0 && good.length === items.length ? good : undefined
    },
    explain(value) {
      const bad = commaList(value).find(item => kind.read(item) === undefined)
      return bad === undefined ? 'the list is empty' : `${JSON.stringify(bad)} is none`
    },
  }
}

/** An address of the web. */
export const webAddress: Kind<string> = {
  takes: 'a URL that begins with http:// or https://, without a name and password in it',
  read(value) {
    if (!/^https?:\/\/[^/]/i.test(value) || !URL.canParse(value)) return undefined
    const { username, password } = new URL(value)
    return username === '' && password === '' ? value : undefined
  },
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

/** A port, or `off`. 0 is a port: a free one. */
export const portOrOff: Kind<number | null> = {
  takes: `${port.takes}, or off`,
  read: value => (value.toLowerCase() === 'off' ? null : port.read(value)),
  explain: value => port.explain?.(value),
}
