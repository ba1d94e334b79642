/** Colours, where they are wanted: on a terminal, unless the environment says otherwise. */
import { isatty } from 'node:tty'

type Paint = (text: string) => string

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  inverse: [7, 27],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const

/** Each puts its text between two escape sequences, or leaves it as it is. An empty text stays empty. */
export type Colours = Readonly<Record<keyof typeof CODES, Paint>>

/** For what nobody sees in colour. */
export const PLAIN: Colours = painted((text: string) => text)

/**
 * The colours for what is written to a file descriptor (1 is standard output). FORCE_COLOR (but 0 and false) has them
 * always; NO_COLOR with any value but an empty one, TERM=dumb, and what is no terminal have none. As for Node itself,
 * FORCE_COLOR, which is said for one call, outweighs NO_COLOR, which is said for all.
 */
export function colours(fd: number, environment: NodeJS.ProcessEnv = process.env): Colours {
  const { FORCE_COLOR: forced = '', NO_COLOR: none = '', TERM: term } = environment
  const areWanted = forced === '' ? none === '' && term !== 'dumb' && isatty(fd) : !/^(0|false)$/.test(forced)
  return areWanted ? painted((text, [on, off]) => `\u001b[${on}m${text}\u001b[${off}m`) : PLAIN
}

function painted(paint: (text: string, code: readonly [number, number]) => string): Colours {
  const made = Object.entries(CODES).map(([name, code]) => [
    name,
    (text: string) => (text === '' ? '' : paint(text, code)),
  ])
  // One for each name of the table.
  return Object.fromEntries(made) as Colours
}
