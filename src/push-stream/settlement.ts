/**
 * The end of entries of the push stream: handed to all nodes and acknowledged in one step, so that each is pushed once,
 * whatever dies in between. An entry that has been acknowledged by another reader is left alone.
 */
import type { Words } from '../backplane/connection.ts'
import { toBatch, write } from '../backplane/records.ts'
import { toRemote } from '../cluster/remote-recipients.ts'
import { isBinaryFrame, payloadOf } from '../delivery/encode.ts'
import type { Prepared } from '../messages.ts'

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
  history(): number
}

/** So many dead letters are kept, about. */
const DEAD_LETTERS = 10_000

/** Acknowledged at the very end: Redis undoes nothing of a script that fails half-way, such as for lack of memory. */
const SETTLE = `
local records, pending = {}, {}
for i = 4, #ARGV, 4 do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1) == 1 then
    pending[#pending + 1] = ARGV[i]
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
for _, id in ipairs(pending) do redis.call('XACK', KEYS[1], ARGV[1], id) end
return #pending`

/** The command that settles entries; it replies how many were still to be settled. */
export function settleCommand(
  { stream, group, count, bus, history }: SettleKeys,
  entries: readonly Settled[],
): Words {
  return [
    ...['EVAL', SETTLE, '4', stream, bus, `${stream}:dead`, count],
    ...[group, String(history()), String(DEAD_LETTERS)],
    ...entries.flatMap(entry => [entry.id, entry.kind, ...partsOf(entry)]),
  ]
}

function partsOf(entry: Settled): [string | Buffer, string | Buffer] {
  if (entry.kind === 'message') return [entry.batch, '']
  return entry.kind === 'dead' ? [entry.data, entry.reason] : ['', '']
}

/** What a push becomes that has been through its hook. */
export function settledBy(id: string, { frame, to }: Prepared): Settled {
  if (frame === null) return { id, kind: 'nothing' }
  const isBinary = isBinaryFrame(frame)
  // No node has sent it, so that all of them are others.
  const remote = toRemote(to, '')
  const record = { kind: 'message', ...(isBinary && { isBinary }), ...(remote && { to: remote }) } as const
  return { id, kind: 'message', batch: toBatch([write(record, payloadOf(frame))]) }
}
