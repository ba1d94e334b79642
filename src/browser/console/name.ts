/** Names of groups and users. Clients may choose them: any text, blanks and line breaks too. */

/** What nobody can see, or what turns the characters around it; the joiners that words are written with are none of it. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu

/** A name as it can be told from any other: where it could not be seen as it is, as a text of JSON. */
export function shownName(name: string): string {
  if (name === name.trim() && !name.startsWith('"') && name.search(UNSEEN) === -1) return name
  return JSON.stringify(name).replace(
    UNSEEN,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The name that is shown so, or that somebody has typed as it is. */
export function readName(text: string): string {
  if (!text.startsWith('"')) return text
  try {
    const name: unknown = JSON.parse(text)
    return typeof name === 'string' ? name : text
  } catch {
    // It begins with a quotation mark, and that is all.
    return text
  }
}
