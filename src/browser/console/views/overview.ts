/** All of one gateway at a glance. */
import type { View } from '../context.ts'
import { element } from '../element.ts'
import { countersPanel, healthLine } from '../overview/counters.ts'
import { listenerPanel } from '../overview/listener.ts'
import { nodesPanel } from '../overview/nodes.ts'
import { plotsPanel } from '../overview/plots.ts'
import { statePanel } from '../overview/state.ts'

export const overview: View = context =>
  element(
    'div',
    { class: 'view' },
    element('div', { class: 'row' }, element('h1', {}, 'Overview'), healthLine(context)),
    statePanel(context),
    plotsPanel(context),
    nodesPanel(context),
    listenerPanel(context),
    countersPanel(context),
  )
