/** What `gateway status` shows of a cluster: its nodes, and how it stands with what is between them. */
import type { BackplaneStatus } from '../cluster/status.ts'
import type { PushStreamStatus } from '../push-stream/status.ts'
import type { NodeJson } from '../status.ts'
import { localTime } from '../time-text.ts'
import { count } from './count.ts'
import { linesOf } from './table.ts'

/** Rows of the status; none where there is no cluster. */
export function clusterRows({
  node,
  nodes,
  backplane,
  pushStream,
}: {
  readonly node?: string
  readonly nodes?: readonly NodeJson[]
  readonly backplane?: BackplaneStatus
  readonly pushStream?: PushStreamStatus
}): string[][] {
  return [
    ...(node === undefined ? [] : [['node', node]]),
    ...(nodes === undefined ? [] : linesOf('nodes', nodes.map(nodeText))),
    ...(backplane === undefined ? [] : linesOf('backplane', backplaneTexts(backplane))),
    ...(pushStream === undefined ? [] : [['push stream', pushStreamText(pushStream)]]),
  ]
}

function nodeText({ id, host, connections, groups, users, lastSeen, self }: NodeJson): string {
  const holds = [count(connections, 'connection'), count(groups, 'group'), count(users, 'user')].join(', ')
  return `${id} on ${host}: ${holds}, ${self ? 'this one' : `seen ${localTime(lastSeen)}`}`
}

function pushStreamText({ name, isReader, error }: PushStreamStatus): string {
  if (error !== null) return `${name}, which cannot be read: ${error}`
  return isReader ? `${name}, read by this node` : `${name}, not read by this node`
}

function backplaneTexts(backplane: BackplaneStatus): string[] {
  const { state, error, bufferedMessages, bufferedBytes } = backplane
  const { published, received, repeats, dropped, missed } = backplane
  return [
    error === null ? state : `${state}: ${error}`,
    `${published} published, ${received} received, ${repeats} repeated`,
    `${count(bufferedMessages, 'message')} waiting (${bufferedBytes} bytes), ${dropped} dropped, ${missed} missed`,
  ]
}
