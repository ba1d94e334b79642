/** The groups, and who is present in one of them. */
import { faultText, withQuery } from '../api.ts'
import { closeUser } from '../close-dialog.ts'
import type { Context, View } from '../context.ts'
import { button, element, setText } from '../element.ts'
import { count, counted } from '../format.ts'
import { shownName } from '../name.ts'
import { Pager } from '../pager.ts'
import { LIVE_MS, poll } from '../poll.ts'
import { Table } from '../table.ts'
import type { GroupLine, GroupsPage, Member, MembersPage, Paged } from '../wire.ts'

const PAGE = 100

export const groups: View = context => {
  const group = context.params.get('group')
  return group === null ? groupList(context) : memberList(context, group)
}

function groupList(context: Context): HTMLElement {
  const { href } = context
  const table = new Table<GroupLine>(
    'Groups',
    'No group. A group is there as long as a connection is in it.',
    [
      {
        title: 'Group',
        kind: 'long',
        text: ({ name }) => shownName(name),
        href: ({ name }) => href('groups', { group: name }),
      },
      {
        title: 'Connections',
        kind: 'number',
        text: ({ connections }) => count(connections),
        href: ({ name }) => href('connections', { group: name }),
      },
      { title: 'Users', kind: 'number', text: ({ users }) => count(users) },
      { title: 'Actions', controls: group => [pushLink(context, 'group', group)] },
    ],
    ({ name }) => name,
  )
  const { fault, pager } = pages<GroupsPage>(
    context,
    '/groups',
    page => {
      table.show(page.groups)
      return counted(page.groups.length, 'group')
    },
    {},
  )
  return element(
    'div',
    { class: 'view fill' },
    element('h1', {}, 'Groups'),
    element('div', { class: 'row controls' }, pager.element),
    fault,
    table.element,
  )
}

function memberList(context: Context, group: string): HTMLElement {
  const { href } = context
  const table = new Table<Member>(
    'Members',
    'No user is in this group. Connections without a user are in it, but are no members.',
    [
      {
        title: 'User',
        kind: 'long',
        text: ({ user }) => shownName(user),
        href: ({ user }) => href('connections', { user }),
      },
      {
        title: 'Info',
        kind: 'long',
        text: ({ info }) => (info === undefined || info === null ? '' : JSON.stringify(info)),
      },
      {
        title: 'Actions',
        controls: user => [
          pushLink(context, 'user', user),
          element(
            'a',
            { class: 'button', href: href('trace', { user }), 'aria-label': `Trace ${shownName(user)}` },
            'Trace',
          ),
          button('Close', () => void closeUser(context, user), {
            'aria-label': `Close ${shownName(user)}`,
          }),
        ],
      },
    ],
    ({ user }) => user,
  )
  const { fault, pager } = pages<MembersPage>(
    context,
    `/groups/${encodeURIComponent(group)}/members`,
    page => {
      table.show(page.members)
      return `${counted(page.users, 'user')}, ${counted(page.connections, 'connection')}`
    },
    { group },
  )
  return element(
    'div',
    { class: 'view fill' },
    element('h1', {}, 'Group ', element('b', { class: 'name' }, shownName(group))),
    element(
      'div',
      { class: 'row controls' },
      element('a', { href: href('groups') }, 'All groups'),
      element('a', { href: href('connections', { group }) }, 'Its connections'),
      pager.element,
    ),
    fault,
    table.element,
  )
}

/** Leads to the push form, filled in. */
function pushLink({ href }: Context, what: 'group' | 'user', name: string): HTMLElement {
  const to = {
    class: 'button',
    href: href('push', { [what]: name }),
    'aria-label': `Push to ${shownName(name)}`,
  }
  return element('a', to, 'Push')
}

/**
 * Keeps a page of a list up to date.
 * @param show puts the page into the table, and says what it holds
 * @param remembered what the address says beside the page
 */
function pages<Page extends Paged>(
  { api, live, params, signal, remember }: Context,
  path: string,
  show: (page: Page) => string,
  remembered: Readonly<Record<string, string>>,
): { readonly fault: HTMLElement; readonly pager: Pager } {
  const fault = element('p', { class: 'fault', role: 'alert', hidden: true })
  const pager = new Pager(params.get('after') ?? undefined, () => {
    remember({ ...remembered, after: pager.after })
    look()
  })
  const look = poll(signal, LIVE_MS, async () => {
    const { after } = pager
    const scope = live.status.value?.node === undefined ? undefined : 'cluster'
    try {
      const page = await api.get<Page>(withQuery(path, { limit: PAGE, scope, after }), { signal })
      if (after !== pager.after) return
      const what = show(page)
      const silent = page.unanswered?.length ? `; no answer from ${page.unanswered.join(', ')}` : ''
      pager.show(page.next, `Page ${pager.page}: ${what}${silent}`)
      fault.hidden = true
    } catch (error) {
      setText(fault, faultText(error, signal) ?? '')
      fault.hidden = fault.textContent === ''
    }
  })
  return { fault, pager }
}
