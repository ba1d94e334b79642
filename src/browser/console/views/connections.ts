/** Who is connected: live, searched and paged by the server. */
import { faultText, withQuery } from '../api.ts'
import { closeConnection } from '../close-dialog.ts'
import type { Context, View } from '../context.ts'
import { button, element, labelled, setText } from '../element.ts'
import { bytes, count, dateAndTime, duration } from '../format.ts'
import { shownName } from '../name.ts'
import { Pager } from '../pager.ts'
import { LIVE_MS, poll } from '../poll.ts'
import { type Column, Table } from '../table.ts'
import type { Connection, ConnectionsPage } from '../wire.ts'

const PAGE = 100
/** In milliseconds: a search begins when nothing more is typed for so long. */
const TYPED_MS = 250

export const connections: View = context => {
  const { api, live, params, signal, remember } = context
  const group = params.get('group') ?? undefined
  const user = params.get('user') ?? undefined
  let isPaused = false
  const search = element('input', {
    type: 'search',
    value: params.get('search') ?? '',
    placeholder: 'id, user, group, ip or path',
    spellcheck: 'false',
  })
  const cluster = element('input', { type: 'checkbox', checked: params.get('scope') === 'cluster' })
  const clusterField = element(
    'label',
    { class: 'check', hidden: true },
    cluster,
    ' All nodes of the cluster',
  )
  const pause = button('Pause', () => {
    isPaused = !isPaused
    pause.setAttribute('aria-pressed', String(isPaused))
    if (!isPaused) look()
  })
  pause.setAttribute('aria-pressed', 'false')
  const fault = element('p', { class: 'fault', role: 'alert', hidden: true })
  const pager = new Pager(params.get('after') ?? undefined, () => changed())
  const table = new Table<Connection>(
    'Connections',
    'No connection.',
    columnsOf(context, false),
    ({ id }) => id,
  )
  let hasNodes = false

  /** Another page or another list is wanted. */
  const changed = (): void => {
    remember({
      search: search.value,
      group,
      user,
      scope: cluster.checked ? 'cluster' : undefined,
      after: pager.after,
    })
    look(true)
  }
  const load = async (): Promise<void> => {
    const asked = { search: search.value, scope: cluster.checked, after: pager.after }
    const path = withQuery('/connections', {
      limit: PAGE,
      search: asked.search,
      group,
      user,
      scope: asked.scope ? 'cluster' : 'node',
      after: asked.after,
    })
    try {
      const page = await api.get<ConnectionsPage>(path, { signal })
      // Meanwhile something else may have been asked for.
      if (asked.search !== search.value || asked.after !== pager.after || asked.scope !== cluster.checked)
        return
      if (hasNodes !== asked.scope) {
        hasNodes = asked.scope
        table.setColumns(columnsOf(context, hasNodes))
      }
      table.show(page.connections)
      pager.show(page.next, whereText(page, pager.page, live.status.value?.connections))
      fault.hidden = true
    } catch (error) {
      setText(fault, faultText(error, signal) ?? '')
      fault.hidden = fault.textContent === ''
    }
  }
  let isForced = true
  const again = poll(signal, LIVE_MS, async () => {
    if (isPaused && !isForced) return
    isForced = false
    await load()
  })
  const look = (force = false): void => {
    isForced ||= force
    again()
  }
  const afresh = (): void => {
    pager.reset()
    changed()
  }
  let typed: ReturnType<typeof setTimeout> | undefined
  search.addEventListener('input', () => {
    clearTimeout(typed)
    typed = setTimeout(afresh, TYPED_MS)
  })
  signal.addEventListener('abort', () => clearTimeout(typed))
  cluster.addEventListener('change', afresh)
  live.status.watch(signal, status => {
    clusterField.hidden = status?.node === undefined
  })
  return element(
    'div',
    { class: 'view fill' },
    element('h1', {}, 'Connections'),
    element(
      'div',
      { class: 'row controls' },
      labelled('Search', search),
      ...restriction(context, 'group', group),
      ...restriction(context, 'user', user),
      clusterField,
      pause,
      pager.element,
    ),
    fault,
    table.element,
  )
}

/** What the list is restricted to by the link that led here, and the way out of it. */
function restriction({ href }: Context, what: string, name: string | undefined): HTMLElement[] {
  if (name === undefined) return []
  const out = element(
    'a',
    { href: href('connections'), 'aria-label': `Not only ${what} ${shownName(name)}` },
    '×',
  )
  return [element('span', { class: 'chip' }, `${what} `, element('b', {}, shownName(name)), ' ', out)]
}

function columnsOf(context: Context, hasNodes: boolean): Column<Connection>[] {
  const { href } = context
  const node: Column<Connection>[] = hasNodes ? [{ title: 'Node', text: ({ node: of }) => of }] : []
  return [
    { title: 'Id', text: ({ id }) => id },
    {
      title: 'User',
      kind: 'long',
      text: ({ user }) => user && shownName(user),
      href: ({ user }) => href('connections', { user }),
    },
    { title: 'Groups', kind: 'long', text: ({ groups }) => groups?.map(shownName).join(', ') },
    { title: 'IP', text: ({ ip }) => ip },
    { title: 'Path', kind: 'long', text: ({ path }) => path },
    {
      title: 'Open for',
      kind: 'number',
      text: ({ openedAt }) => duration(Date.now() - Date.parse(openedAt)),
      tooltip: ({ openedAt }) => `since ${dateAndTime(new Date(openedAt))}`,
    },
    { title: 'Received', kind: 'number', text: ({ received }) => count(received) },
    { title: 'Sent', kind: 'number', text: ({ sent }) => count(sent) },
    {
      title: 'Buffered',
      kind: 'number',
      text: ({ bufferedBytes }) => (bufferedBytes === undefined ? '' : bytes(bufferedBytes)),
    },
    ...node,
    {
      title: 'Actions',
      controls: id => [
        element(
          'a',
          { class: 'button', href: href('trace', { connection: id }), 'aria-label': `Trace ${id}` },
          'Trace',
        ),
        button('Close', () => void closeConnection(context, id), { 'aria-label': `Close ${id}` }),
      ],
    },
  ]
}

function whereText(
  { connections: shown, next, unanswered = [] }: ConnectionsPage,
  page: number,
  all: number | undefined,
): string {
  const silent = unanswered.length > 0 ? `; no answer from ${unanswered.join(', ')}` : ''
  const short = next !== undefined && shown.length < PAGE ? ' so far; the next page searches on' : ''
  const open = all === undefined ? '' : `, ${count(all)} open`
  return `Page ${page}: ${count(shown.length)} shown${short}${open}${silent}`
}
