/** `gateway status --watch`. */

import { type Address, call, GatewayError } from '../control/client.ts'
import { orAfter } from '../or-after.ts'
import { clockTime } from '../time-text.ts'
import { pauseUntilOver } from '../until-over.ts'
import { type Colours, colours } from './colour.ts'
import { untilInterrupt } from './interrupt.ts'
import { complain, print } from './output.ts'
import { isDrawable, Screen } from './screen.ts'
import { type SomeStatus, statusText } from './status-text.ts'

/** A gateway that has not answered by then has a stuck event loop. */
const WITHIN_MS = 10_000

interface Looked {
  readonly text: string
  readonly status: SomeStatus
}

/**
 * Shows the status again and again until the user ends it: on a terminal in place, in a pipe one block after the other.
 * @throws GatewayError when the first look fails; a later one that fails is told, and looked again
 */
export async function watchStatus(gateway: Address, everyMs: number, json: boolean): Promise<void> {
  const first = await look(gateway, AbortSignal.timeout(WITHIN_MS))
  if (json || !isDrawable()) await printAgain(gateway, first, everyMs, json)
  else await drawAgain(gateway, first, everyMs)
}

async function printAgain(gateway: Address, first: Looked, everyMs: number, json: boolean): Promise<void> {
  const over = untilInterrupt()
  const paint = colours(1)
  let now: Looked | undefined = first
  let before: Looked | undefined
  for (;;) {
    if (now !== undefined && !print(json ? now.text : block(now, before, paint))) return
    await pauseUntilOver(everyMs, over)
    if (over.aborted) return
    before = now ?? before
    now = await lookAgain(gateway, over).catch(reason => {
      complain(reason.detail)
      return undefined
    })
    if (over.aborted) return
  }
}

function block({ status }: Looked, before: Looked | undefined, paint: Colours): string {
  return `${before === undefined ? '' : '\n'}${statusText(status, paint, before?.status)}`
}

async function drawAgain(gateway: Address, first: Looked, everyMs: number): Promise<void> {
  const paint = colours(1)
  let now = first
  let before: Looked | undefined
  let time = clockTime(Date.now())
  let fault = ''
  let above = 0
  const linesOf = (): string[] => statusText(now.status, paint, before?.status).trimEnd().split('\n')
  const screen = new Screen(onKey, draw)
  screen.open()

  function draw(): void {
    const heading = `${paint.bold(`every ${everyMs / 1000} s, ${time.slice(0, 8)}`)}  ${paint.dim('q quits')}`
    const head = [heading, ...(fault === '' ? [] : [paint.red(fault)])]
    const lines = linesOf()
    above = Math.max(0, Math.min(above, lines.length + head.length - screen.rows))
    screen.draw([...head, ...lines.slice(above)])
  }

  function onKey(key: string): void {
    const step = { up: -1, down: 1, 'page up': -screen.rows, 'page down': screen.rows, ' ': screen.rows }[key]
    if (step === undefined) return
    above += step
    draw()
  }

  try {
    while (!screen.over.aborted) {
      draw()
      await pauseUntilOver(everyMs, screen.over)
      if (screen.over.aborted) break
      try {
        const next = await lookAgain(gateway, screen.over)
        before = now
        now = next
        fault = ''
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        fault = error.detail
      }
      time = clockTime(Date.now())
    }
  } finally {
    screen.close()
  }
  // What was seen last stays.
  print(`${linesOf().join('\n')}\n`)
}

function lookAgain(gateway: Address, over: AbortSignal): Promise<Looked> {
  return look(gateway, orAfter(over, WITHIN_MS))
}

/** @throws GatewayError */
async function look(gateway: Address, signal: AbortSignal): Promise<Looked> {
  const { text } = await call(gateway, 'GET', '/status', { signal })
  return { text, status: JSON.parse(text) }
}
