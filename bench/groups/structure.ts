/** The two maps by themselves, without connections or a gateway around them. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Membership } from '../../src/connections/membership.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

export interface Measured {
  readonly joinNs: number
  readonly leaveNs: number
  readonly bytes: number
}

/** So many operations are timed at least, since a clock takes longer than one of them. */
const OPERATIONS = 100_000

function heap(): number {
  gc()
  return process.memoryUsage().heapUsed
}

/** Some members join a group each, or all one, and leave again. */
export function structure(count: number, groups: 'own' | 'one'): Measured {
  const members = Array.from({ length: count }, (_, id) => ({ id }))
  const names = members.map((_, i) => (groups === 'own' ? `group-${i}` : 'group'))
  let [joinMs, leaveMs, done] = [0, 0, 0]
  while (done < OPERATIONS) {
    const membership = new Membership<object>()
    const began = performance.now()
    for (const [i, member] of members.entries()) membership.add(names[i] ?? '', member)
    const joined = performance.now()
    for (const [i, member] of members.entries()) membership.delete(names[i] ?? '', member)
    leaveMs += performance.now() - joined
    joinMs += joined - began
    done += count
  }
  const before = heap()
  const membership = new Membership<object>()
  for (const [i, member] of members.entries()) membership.add(names[i] ?? '', member)
  const bytes = (heap() - before) / membership.size / (groups === 'own' ? 1 : count)
  const ns = (ms: number): number => (ms * 1e6) / done
  return { joinNs: ns(joinMs), leaveNs: ns(leaveMs), bytes }
}
