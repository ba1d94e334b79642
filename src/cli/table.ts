/** Rows in aligned columns. */
import { visible } from './visible.ts'

/** Between two columns. */
const GAP = '  '

/** Rows with the lines of one thing, one below the other; its name stands before the first. */
export function linesOf(name: string, lines: readonly string[]): string[][] {
  return lines.map((line, i) => [i === 0 ? name : '', line.trimEnd()])
}

/** Lays out rows of text; the columns of numbers are given by their index and stand to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const texts = rows.map(row => row.map(visible))
  const widths: number[] = []
  for (const row of texts) {
    for (const [i, text] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, text.length)
  }
  const lines = texts.map(row =>
    row
      .map((text, i) => (right.includes(i) ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join(GAP)
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}
