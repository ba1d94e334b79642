/** How much room a text takes on a terminal. */

/** Drawn over the character before it, so that it takes no room. */
const NONE = /^[\p{Mn}\p{Me}\p{Cf}]$/u
/** Takes two columns: what East Asian scripts and most emoji do. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}\u{20000}-\u{3fffd}]$/u
const ELLIPSIS = '…'

/** Columns that a text without control characters takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += room(character)
  return width
}

/** The text in exactly so many columns: filled with blanks, or cut, with `…` where something is missing. */
export function fit(text: string, width: number, isRight = false): string {
  const short = cut(text, width)
  const blanks = ' '.repeat(Math.max(0, width - widthOf(short)))
  return isRight ? blanks + short : short + blanks
}

/** The text in no more than so many columns, with `…` where something is missing. */
export function cut(text: string, width: number): string {
  if (text.length <= width / 2 || widthOf(text) <= width) return text
  if (width < 1) return ''
  let kept = ''
  let left = width - 1
  for (const character of text) {
    left -= room(character)
    if (left < 0) break
    kept += character
  }
  return kept + ELLIPSIS
}

function room(character: string): number {
  if (character <= '\u007e') return 1
  if (NONE.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
