/** The columns that `gateway top` shows of the connections: those that fit. */

import { inWords } from '../time-text.ts'
import { bytesText, grouped, perSecond } from './amounts.ts'
import type { Busy } from './top-look.ts'
import { visible } from './visible.ts'
import { cut, fit, widthOf } from './width.ts'

const GAP = '  '
/** The path takes what is left; with less than this, columns of a higher rank go. */
const LEAST_PATH = 12

interface Column {
  readonly heading: string
  readonly text: (connection: Busy, now: number) => string
  /** Those of a low rank stay when there is little room. */
  readonly rank: number
  readonly isRight?: boolean
  /** Longer texts are cut. */
  readonly most?: number
}

const COLUMNS: readonly Column[] = [
  { heading: 'ID', rank: 0, text: ({ id }) => visible(id), most: 24 },
  { heading: 'USER', rank: 3, text: ({ user = '' }) => visible(user), most: 24 },
  { heading: 'IP', rank: 4, text: ({ ip }) => visible(ip), most: 39 },
  { heading: 'IN', rank: 1, text: ({ inRate }) => perSecond(inRate), isRight: true },
  { heading: 'OUT', rank: 1, text: ({ outRate }) => perSecond(outRate), isRight: true },
  { heading: 'BUFFERED', rank: 5, text: bufferedText, isRight: true },
  { heading: 'RECEIVED', rank: 7, text: ({ received }) => grouped(received), isRight: true },
  { heading: 'SENT', rank: 7, text: ({ sent }) => grouped(sent), isRight: true },
  { heading: 'OPEN', rank: 6, text: openText, isRight: true },
]

/** A column that none of these has anything in is left out. */
export function columnsOf(connections: readonly Busy[], width: number, now = Date.now()): string[] {
  const made = COLUMNS.map(column => {
    const texts = connections.map(connection => column.text(connection, now))
    const widest = Math.max(column.heading.length, ...texts.map(widthOf))
    return { ...column, texts, width: Math.min(widest, column.most ?? widest) }
  }).filter(({ rank, texts }) => rank === 0 || texts.some(text => text !== ''))
  let left = width - LEAST_PATH
  const shown = new Set(
    [...made]
      .sort((a, b) => a.rank - b.rank)
      .filter(column => {
        left -= column.width + GAP.length
        return left >= 0 || column.rank === 0
      }),
  )
  const columns = made.filter(column => shown.has(column))
  const before = columns.reduce((sum, column) => sum + column.width + GAP.length, 0)
  const line = (textOf: (column: (typeof columns)[number]) => string, path: string): string => {
    const cells = columns.map(column => fit(textOf(column), column.width, column.isRight))
    return cut([...cells, cut(path, width - before)].join(GAP), width).trimEnd()
  }
  return [
    line(({ heading }) => heading, 'PATH'),
    ...connections.map(({ path }, i) => line(({ texts }) => texts[i] ?? '', visible(path))),
  ]
}

function bufferedText({ bufferedBytes }: Busy): string {
  return bufferedBytes === undefined ? '' : bytesText(bufferedBytes)
}

function openText({ openedAt }: Busy, now: number): string {
  return inWords(Math.max(0, now - Date.parse(openedAt)))
}
