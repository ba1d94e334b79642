/**
 * Takes entries of the push stream, as long as the lease is held: in one step, since a node that was paused and goes on
 * would otherwise take some that nobody looks for, or push them out of order.
 */
import type { Words } from '../backplane/connection.ts'

/** What is read, by whom. */
export interface TakePlace {
  /** The key of the lease. */
  readonly lease: string
  readonly holder: string
  readonly stream: string
  readonly group: string
  readonly consumer: string
}

const TAKE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local streams = redis.call('XREADGROUP', 'GROUP', ARGV[2], ARGV[3], 'COUNT', ARGV[4], 'STREAMS', KEYS[2], ARGV[5])
local about, last = redis.call('XINFO', 'STREAM', KEYS[2]), '0-0'
for i = 1, #about, 2 do
  if about[i] == 'last-generated-id' then last = about[i + 1] end
end
return {streams or {}, last}`

/**
 * The command that takes entries; it replies them and the id of the last one that the stream has had, or null when the
 * lease is another one's.
 * @param from `0` for those that were taken and not settled, `>` for those that nobody has taken yet
 */
export function takeCommand(
  { lease, holder, stream, group, consumer }: TakePlace,
  from: '0' | '>',
  most: number,
): Words {
  return ['EVAL', TAKE, '2', lease, stream, holder, group, consumer, String(most), from]
}
