/** `gateway top`. */

import { pauseUntilOver, untilOver } from '../until-over.ts'
import { address } from './address.ts'
import { colours } from './colour.ts'
import {
  ADDRESS_HELP,
  type Command,
  EXIT,
  readOptions,
  secondsOf,
  UsageError,
  wholeNumber,
} from './command.ts'
import { untilInterrupt } from './interrupt.ts'
import { print } from './output.ts'
import { isDrawable, Screen } from './screen.ts'
import { footLine, headLines, listLines, ORDERS, sorted } from './top-frame.ts'
import { Looks } from './top-look.ts'

const DEFAULT_EVERY_S = '1'
const DEFAULT_LINES = '20'
const [DEFAULT_ORDER = '', ...OTHER_ORDERS] = Object.keys(ORDERS)
const ORDER_NAMES = [DEFAULT_ORDER, ...OTHER_ORDERS]

const OPTIONS = {
  id: { type: 'string' },
  url: { type: 'string' },
  every: { type: 'string' },
  sort: { type: 'string' },
  once: { type: 'boolean' },
  lines: { type: 'string', short: 'n' },
} as const

export const top: Command = {
  summary: 'watch rates, delays and the busiest connections, live',
  usage: '[--every SECONDS] [--sort ORDER] [--once [-n N]] [--id ID | --url URL]',
  options: OPTIONS,
  offers: { sort: ORDER_NAMES },
  help: `
Takes the whole terminal: the gateway's state, what comes in and goes out a second, the delay of its event loop,
memory, and its connections (of a cluster, this node's; of more than 10,000, the oldest) with what each has sent
(IN) and got (OUT) a second since the look before.

  q, Ctrl-C      quits
  s              sorts by the next of: ${ORDER_NAMES.join(', ')}
  arrows, space, Page Up and Down, Home, End
                 turn the pages

  --every S      so many seconds between two looks: 0.1 to 3600 (default: ${DEFAULT_EVERY_S})
  --sort ORDER   begins with this order
  --once         prints one frame, after two looks, and ends; needs no terminal
  -n, --lines N  so many connections in it (default: ${DEFAULT_LINES})
${ADDRESS_HELP}`,
  async run(args) {
    const values = readOptions(args, OPTIONS)
    const everyMs = secondsOf('--every', values.every ?? DEFAULT_EVERY_S, 0.1, 3600)
    const { sort = DEFAULT_ORDER } = values
    if (!ORDER_NAMES.includes(sort)) {
      throw new UsageError(`--sort takes one of ${ORDER_NAMES.join(', ')}, got ${JSON.stringify(sort)}`)
    }
    if (values.lines !== undefined && !values.once) throw new UsageError('--lines goes with --once')
    const lines = wholeNumber('--lines', values.lines ?? DEFAULT_LINES, 0)
    const gateway = address(values)
    if (values.once) {
      const looks = new Looks(gateway, untilInterrupt())
      await printOnce(looks, { everyMs, sort, lines })
      return EXIT.done
    }
    if (!isDrawable()) {
      throw new UsageError('top draws on a terminal, and standard output is none; --once prints one frame')
    }
    await live(gateway, everyMs, sort)
    return EXIT.done
  },
}

interface OnceOptions {
  readonly everyMs: number
  readonly sort: string
  readonly lines: number
}

async function printOnce(looks: Looks, { everyMs, sort, lines }: OnceOptions): Promise<void> {
  const over = untilInterrupt()
  await Promise.all([looks.status(), looks.list()])
  await pauseUntilOver(everyMs, over)
  if (over.aborted) return
  await Promise.all([looks.status(), looks.list()])
  const { view } = looks
  const width = process.stdout.columns || Infinity
  const paint = colours(1)
  const shown = sorted(view.connections, sort).slice(0, lines)
  const head = headLines(view, width, paint)
  print(`${[...head, '', ...listLines(shown, width, paint)].join('\n')}\n`)
}

async function live(gateway: ReturnType<typeof address>, everyMs: number, firstOrder: string): Promise<void> {
  const paint = colours(1)
  let order = firstOrder
  let page = 0
  const screen = new Screen(onKey, draw)
  const looks = new Looks(gateway, screen.over)
  // A gateway that is not there is told as ever, on the screen that was there before.
  await looks.status()
  screen.open()
  try {
    await untilOver(looks.goOn(everyMs, draw), screen.over)
  } finally {
    screen.close()
  }

  function draw(): void {
    const { view } = looks
    const { rows, columns } = screen
    const head = headLines(view, columns, paint)
    // An empty line, the heading, and the last line.
    const room = Math.max(1, rows - head.length - 3)
    const pages = Math.max(1, Math.ceil(view.connections.length / room))
    page = Math.min(Math.max(0, page), pages - 1)
    const shown = sorted(view.connections, order).slice(page * room, (page + 1) * room)
    const list = listLines(shown, columns, paint)
    const blanks = Array(Math.max(0, room + 1 - list.length)).fill('')
    const foot = footLine({ page, pages, order, view }, columns, paint)
    screen.draw([...head, '', ...list, ...blanks, foot])
  }

  function onKey(key: string): void {
    if (key === 's' || key === 'S') {
      const step = key === 's' ? 1 : ORDER_NAMES.length - 1
      order = ORDER_NAMES[(ORDER_NAMES.indexOf(order) + step) % ORDER_NAMES.length] ?? order
      page = 0
    } else if (['down', 'right', 'page down', ' '].includes(key)) page++
    else if (['up', 'left', 'page up'].includes(key)) page--
    else if (key === 'home') page = 0
    else if (key === 'end') page = Infinity
    else return
    draw()
  }
}
