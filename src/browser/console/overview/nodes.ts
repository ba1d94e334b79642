/** The nodes of the cluster, each with its state and what can be done with it. Not there without a cluster. */
import { faultText } from '../api.ts'
import type { Context } from '../context.ts'
import { ask } from '../dialog.ts'
import { button, element, setText } from '../element.ts'
import { count, duration } from '../format.ts'
import { LIVE_MS, poll } from '../poll.ts'
import { Table } from '../table.ts'
import type { NodeLine, Status } from '../wire.ts'

const ACTIONS = ['stop', 'restart', 'reload'] as const
/** So many nodes are asked for their state. */
const MOST_ASKED = 32

type Action = (typeof ACTIONS)[number]

const WARNINGS: Partial<Record<Action, string>> = {
  stop: 'Its connections are closed with code 1001. Only from its own host can it be started again.',
  restart: 'Its connections are closed with code 1012; clients that reconnect come back, to any node.',
}

export function nodesPanel(context: Context): HTMLElement {
  const { api, live, signal } = context
  const fault = element('p', { class: 'fault', role: 'status', hidden: true })
  const backplane = element('p', { class: 'hint' })
  const table = new Table<NodeLine>(
    'Nodes of the cluster',
    'No node is known.',
    [
      { title: 'Node', text: ({ id, self }) => (self ? `${id} (this one)` : id) },
      { title: 'Host', text: ({ host }) => host },
      { title: 'State', text: ({ state }) => state },
      {
        title: 'Up for',
        kind: 'number',
        text: ({ uptimeMs }) => (uptimeMs === undefined ? '' : duration(uptimeMs)),
      },
      { title: 'Version', text: ({ version }) => version },
      { title: 'Connections', kind: 'number', text: ({ connections }) => connections?.toLocaleString('en') },
      { title: 'Groups', kind: 'number', text: ({ groups }) => groups?.toLocaleString('en') },
      { title: 'Users', kind: 'number', text: ({ users }) => users?.toLocaleString('en') },
      { title: 'Last heard', text: ({ lastSeen, self }) => (self ? 'now' : heard(lastSeen)) },
      {
        title: 'Actions',
        controls: node =>
          ACTIONS.map(action =>
            button(capital(action), () => void act(context, node, action), {
              'aria-label': `${capital(action)} node ${node}`,
            }),
          ),
      },
    ],
    ({ id }) => id,
  )
  const panel = element(
    'section',
    { class: 'panel', 'aria-labelledby': 'nodes', hidden: true },
    element('h2', { id: 'nodes' }, 'Nodes'),
    table.element,
    backplane,
    fault,
  )
  let isPolling = false
  live.status.watch(signal, status => {
    if (status?.node === undefined) return
    panel.hidden = false
    setText(backplane, backplaneText(status.backplane))
    if (isPolling) return
    isPolling = true
    poll(signal, LIVE_MS, async () => {
      try {
        const { nodes } = await api.get<{ nodes: NodeLine[] }>('/nodes', { signal })
        table.show(await Promise.all(nodes.map((node, i) => (i < MOST_ASKED ? inFull(context, node) : node))))
        fault.hidden = true
      } catch (error) {
        setText(fault, faultText(error, signal) ?? '')
        fault.hidden = fault.textContent === ''
      }
    })
  })
  return panel
}

/** A node says itself what state it is in, when it answers. */
async function inFull({ api, signal }: Context, node: NodeLine): Promise<NodeLine> {
  try {
    const path = `/nodes/${encodeURIComponent(node.id)}/status`
    const { state, uptimeMs, version } = await api.get<Status>(path, { signal })
    return { ...node, state, uptimeMs, version }
  } catch (error) {
    return { ...node, state: faultText(error, signal) ?? '' }
  }
}

async function act({ api, notices, signal }: Context, node: string, action: Action): Promise<void> {
  const warning = WARNINGS[action]
  if (warning !== undefined) {
    const title = `${capital(action)} node ${node}?`
    const content = [element('p', {}, warning)]
    if (!(await ask({ title, content, action: capital(action), isDangerous: true }, signal))) return
  }
  notices.clear()
  try {
    await api.call('POST', `/nodes/${encodeURIComponent(node)}/${action}`, { signal })
    notices.done(`Node ${node} has been told: ${action}.`)
  } catch (error) {
    const fault = faultText(error, signal)
    if (fault !== undefined) notices.failed(`${action} of node ${node}: ${fault}`)
  }
}

function heard(lastSeen: string | undefined): string | undefined {
  return lastSeen && `${duration(Date.now() - new Date(lastSeen).getTime())} ago`
}

function backplaneText(backplane: Readonly<Record<string, string | number | null>> = {}): string {
  const { state, error, ...counts } = backplane
  const numbers = Object.entries(counts).map(([name, value]) => `${spaced(name)} ${count(Number(value))}`)
  return `Backplane ${state ?? 'unknown'}${error ? ` (${error})` : ''}: ${numbers.join(', ')}`
}

/** `bufferedBytes` is "buffered bytes". */
function spaced(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
