/** What a group may be called: it travels in URLs, in JSON and between nodes. */
import { kindOf } from '../kind-of.ts'

/** The longest name, in UTF-16 code units. */
export const LONGEST_GROUP_NAME = 256

/** What a group's name takes, for the messages that say so. */
export const GROUP_NAME_TAKES = `a text of 1 to ${LONGEST_GROUP_NAME} characters`

/** @returns what is wrong with it, as the end of "… takes"; undefined for a good name */
export function groupNameFault(name: unknown): string | undefined {
  if (typeof name !== 'string') return `${GROUP_NAME_TAKES}, got ${kindOf(name)}`
  if (name === '') return `${GROUP_NAME_TAKES}, got an empty one`
  if (name.length > LONGEST_GROUP_NAME) return `${GROUP_NAME_TAKES}, got one of ${name.length}`
  return name.isWellFormed() ? undefined : `${GROUP_NAME_TAKES}, got one with half a surrogate pair`
}
