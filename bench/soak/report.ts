/** What the soak test makes of its measurements and of the gateway's log. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { table } from '../measure.ts'
import type { Client } from './client.ts'
import { Chatter, Comer, Staller, Stayer, Vanisher } from './kinds.ts'
import { type Tally, together } from './sequence.ts'

export interface Sample {
  readonly hours: number
  readonly mb: number
}

/** The slope of the line with the least squares, in MB an hour. */
export function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [x, y] = [mean(sample => sample.hours), mean(sample => sample.mb)]
  return mean(({ hours, mb }) => (hours - x) * (mb - y)) / mean(({ hours }) => (hours - x) ** 2)
}

/** Prints what each kind of client has got wrong. @returns how much that is in all */
export function judge(clients: readonly Client[], published: number): number {
  const rows: string[][] = []
  let all = 0
  const add = (name: string, count: number, visits: number, tallies: Tally[]): void => {
    const { lost, doubled, disordered } = together(tallies)
    all += lost + doubled + disordered
    rows.push([name, ...[count, visits, lost, doubled, disordered].map(String)])
  }
  for (const kind of [Stayer, Chatter, Comer, Vanisher, Staller]) {
    const these = clients.filter(client => client instanceof kind)
    const visits = these.reduce((sum, client) => sum + client.visits, 0)
    const tallies = these.map(client => client.tally(published))
    add(`${kind.name}s`.toLowerCase(), these.length, visits, tallies)
  }
  const chatters = clients.filter(client => client instanceof Chatter)
  const sent = chatters.reduce((sum, chatter) => sum + chatter.sent, 0)
  const chats = chatters.flatMap(one =>
    chatters.filter(({ room }) => room === one.room).map(other => one.tallyOf(other)),
  )
  add(`their ${sent} messages to rooms`, chatters.length, chatters.length, chats)
  console.log(table([['', 'clients', 'visits', 'lost', 'doubled', 'out of order'], ...rows]))
  return all
}

/** How the gateway's log says that connections have ended: how often each code and reason. */
export async function endings(logFile: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for await (const line of createInterface({ input: createReadStream(logFile) })) {
    if (!line.includes('"event":"client.close"')) continue
    const { code, reason } = JSON.parse(line) as { code: number; reason: string }
    const how = `${code} ${reason}`.trim()
    found.set(how, (found.get(how) ?? 0) + 1)
  }
  return found
}
