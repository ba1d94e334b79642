/** How many of something, in words: `1 connection`, `2 connections`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
