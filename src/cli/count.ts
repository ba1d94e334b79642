/** How many of something, in words: `1 connection`, `2 connections`. */
export function count(number: number, what: string, shown = String(number)): string {
  return `${shown} ${what}${number === 1 ? '' : 's'}`
}
