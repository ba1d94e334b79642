/** How deep a JSON text nests: what JSON.parse takes is more than JSON.stringify can write again. */

/** Deeper than this nobody writes on purpose. */
const DEEPEST = 512

/** Why a JSON text is not taken, or undefined. In linear time, and at once for a short text. */
export function depthFault(json: string): string | undefined {
  if (json.length <= 2 * DEEPEST) return undefined
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const character = json.charCodeAt(i)
    if (character === QUOTE) i = endOfText(json, i)
    else if (character === BRACE || character === BRACKET) depth++
    else if (character === BRACE + 2 || character === BRACKET + 2) depth--
    if (depth > DEEPEST) return `it is nested more than ${DEEPEST} deep`
  }
  return undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** The closing one comes two later, in both cases. */
const BRACE = 0x7b
const BRACKET = 0x5b

/** Where the text that begins here ends. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let backslashes = 0
    while (json.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return end
  }
  return json.length
}
