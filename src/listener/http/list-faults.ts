/** What is wrong within the lists of an answer: the first fault alone, where a schema would name each of a million. */
import { groupNameFault } from '../../connections/group-name.ts'
import { kindOf } from '../../kind-of.ts'

/** What is wrong with an element, as the end of "… takes"; undefined for a good one. */
type Check = (element: unknown) => string | undefined

const isText = (element: unknown): boolean => typeof element === 'string'
const isObject = (element: unknown): boolean => typeof element === 'object' && element !== null

function check(fits: (element: unknown) => boolean, takes: string): Check {
  return element => (fits(element) ? undefined : `${takes}, got ${kindOf(element)}`)
}

const id = check(isText, 'the id of a connection')

const checks: Readonly<Record<string, Check>> = {
  connections: id,
  groups: check(isText, 'the name of a group'),
  users: check(isText, 'the name of a user'),
  except: id,
  join: groupNameFault,
  leave: groupNameFault,
  send: check(isObject, 'an object with "to" and "message"'),
  close: check(
    element => isText(element) || isObject(element),
    'the id of a connection, or an object with it',
  ),
}

/** The first fault of an element, where it stands and what it should be. */
export function faultOfLists(answer: object): string | undefined {
  for (const [key, faultOf] of Object.entries(checks)) {
    const list: unknown = Reflect.get(answer, key)
    if (!Array.isArray(list)) continue
    for (const [i, element] of list.entries()) {
      const fault = faultOf(element)
      if (fault !== undefined) return `"${key}[${i}]" takes ${fault}`
    }
  }
  return undefined
}
