/**
 * The end of entries of the push stream: acknowledged and handed to all nodes in one step, so that each is pushed once,
 * whatever dies in between. An entry that is acknowledged already is another reader's, and is left alone.
 */
import type { Words } from '../backplane/connection.ts'

/** What has become of one entry. */
export type Settled =
  /** A record for the bus, as it is written in a batch. */
  | { readonly id: string; readonly kind: 'message'; readonly batch: Buffer }
  /** Nothing is to be sent. */
  | { readonly id: string; readonly kind: 'nothing' }
  /** It is no push. */
  | { readonly id: string; readonly kind: 'dead'; readonly data: Buffer; readonly reason: string }

export interface SettleKeys {
  readonly stream: string
  readonly group: string
  /** What numbers the pushes of all streams. */
  readonly count: string
  /** The bus, and how many entries it keeps. */
  readonly bus: string
  readonly history: number
}

/** So many dead letters are kept, about. */
const DEAD_LETTERS = 10_000

const SETTLE = `
local records, settled = {}, 0
for i = 4, #ARGV, 4 do
  if redis.call('XACK', KEYS[1], ARGV[1], ARGV[i]) == 1 then
    settled = settled + 1
    if ARGV[i + 1] == 'message' then
      records[#records + 1] = ARGV[i + 2]
    elseif ARGV[i + 1] == 'dead' then
      redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'data', ARGV[i + 2], 'reason', ARGV[i + 3], 'id', ARGV[i])
    end
  end
end
if #records > 0 then
  local first = redis.call('INCRBY', KEYS[4], #records) - #records + 1
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 's', first, 'c', #records, 'b', table.concat(records))
end
return settled`

/** The command that settles entries; it replies how many were still to be settled. */
export function settleCommand(
  { stream, group, count, bus, history }: SettleKeys,
  entries: readonly Settled[],
): Words {
  return [
    ...['EVAL', SETTLE, '4', stream, bus, `${stream}:dead`, count],
    ...[group, String(history), String(DEAD_LETTERS)],
    ...entries.flatMap(entry => [entry.id, entry.kind, ...partsOf(entry)]),
  ]
}

function partsOf(entry: Settled): [string | Buffer, string | Buffer] {
  if (entry.kind === 'message') return [entry.batch, '']
  return entry.kind === 'dead' ? [entry.data, entry.reason] : ['', '']
}
