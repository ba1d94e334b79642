/**
 * The thread that watches the event loop. While the loop is stuck, nothing that goes through the main thread works:
 * so it asks the debugger of the main thread where that is, and writes to the log's file itself.
 */
import { appendFileSync, writeSync } from 'node:fs'
import { type Debugger, Session } from 'node:inspector'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { workerData } from 'node:worker_threads'
import type { ThreadData } from './watchdog.ts'

const { beats, gatewayId, logFile, isSilent, tellAfterMs, endAfterMs } = workerData as ThreadData

const LOOK_EVERY_MS = 100
/** A main thread that is in native code does not stop for the debugger; it is waited for no longer than this. */
const PAUSE_MS = 1500
/** sysexits.h: EX_SOFTWARE. */
const EXIT_STUCK = 70
/** A process that can be killed is gone by then. */
const UNKILLABLE_AFTER_MS = 300
const STDOUT = 1
const LEVEL = { warn: 40, error: 50 } as const

let last = -1
let stuckMs = 0
let hasTold = false
let isBusy = false

setInterval(() => {
  const now = Atomics.load(beats, 0)
  if (now !== last) {
    if (hasTold) log('warn', { ms: stuckMs }, `the event loop runs again, after about ${stuckMs} ms`)
    last = now
    stuckMs = 0
    hasTold = false
    return
  }
  // Counted in looks and not by a clock: while the whole process stands still, nobody is stuck.
  stuckMs += LOOK_EVERY_MS
  if (isBusy) return
  if (!hasTold && stuckMs >= tellAfterMs) {
    hasTold = true
    void within(tell)
  } else if (endAfterMs > 0 && hasTold && stuckMs >= endAfterMs) {
    void within(end)
  }
}, LOOK_EVERY_MS)

async function within(work: () => Promise<void>): Promise<void> {
  isBusy = true
  try {
    await work()
  } catch (error) {
    log('error', { err: { message: String(error) } }, 'the stuck event loop cannot be looked into')
  } finally {
    isBusy = false
  }
}

/** Says in the log where the main thread is. */
async function tell(): Promise<void> {
  const stack = await evaluate('new Error("the event loop is stuck").stack')
  const where = stack === undefined ? undefined : place(stack)
  log(
    'error',
    {
      ...(where !== undefined && { file: where.file }),
      err: { type: 'Error', message: 'the event loop is stuck', ...(where && { stack: where.stack }) },
    },
    where === undefined
      ? `the event loop has been stuck for ${stuckMs} ms, in code that is not JavaScript`
      : `the event loop has been stuck for ${stuckMs} ms, in ${where.file}`,
  )
}

/** Ends the process, so that whoever started it can start it again. */
async function end(): Promise<void> {
  log('error', { exit: EXIT_STUCK }, `the process ends: stuck for ${stuckMs} ms (WS_LISTENER_STUCK_MS)`)
  // What has been logged before is written by the handlers of the process's end.
  await evaluate(`globalThis.process.exit(${EXIT_STUCK})`)
  // Native code: there is no other way, and no other exit code.
  process.kill(process.pid, 'SIGKILL')
  // The first process of a container cannot be killed from within it, but it can break: a trap of the processor ends
  // every process.
  await sleep(UNKILLABLE_AFTER_MS)
  setFlagsFromString('--allow-natives-syntax')
  runInThisContext('%SystemBreak()')
}

/**
 * Evaluates in the main thread, where it is. Each answer of the debugger comes from that very thread, so none is
 * waited for longer than PAUSE_MS altogether.
 * @returns undefined when it does not stop for that: it is in native code
 */
async function evaluate(expression: string): Promise<string | undefined> {
  // Connected no longer than needed: Node waits for debuggers when a process ends, and says so.
  const session = new Session()
  session.connectToMainThread()
  let late: NodeJS.Timeout | undefined
  const tooLate = new Promise<undefined>(done => {
    late = setTimeout(() => done(undefined), PAUSE_MS)
  })
  try {
    return await Promise.race([evaluateWhenPaused(session, expression), tooLate])
  } finally {
    clearTimeout(late)
    // Also lets the main thread go on.
    session.disconnect()
  }
}

async function evaluateWhenPaused(session: Session, expression: string): Promise<string | undefined> {
  const paused = new Promise<Debugger.CallFrame | undefined>(done => {
    session.once('Debugger.paused', ({ params }) => done(params.callFrames[0]))
  })
  session.post('Debugger.enable')
  session.post('Debugger.pause')
  const callFrameId = (await paused)?.callFrameId
  if (callFrameId === undefined) return undefined
  const answer = await new Promise<Debugger.EvaluateOnCallFrameReturnType>((done, fail) => {
    session.post(
      'Debugger.evaluateOnCallFrame',
      { callFrameId, expression, returnByValue: true },
      (error, result) => (error ? fail(error) : done(result)),
    )
  })
  const { value } = answer.result
  return typeof value === 'string' ? value : undefined
}

/** The stack without the frame that asks for it, and the first file of it that is no part of Node. */
function place(stack: string): { readonly file: string; readonly stack: string } {
  const [title = '', ...frames] = stack.split('\n').filter(line => !line.includes('eval at '))
  const own = frames.map(frame => /\(?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(frame)?.[1])
  const file = own.find(found => found !== undefined) ?? 'an unknown place'
  return { file, stack: [title, ...frames].join('\n') }
}

/** A line as pino writes it. */
function log(level: keyof typeof LEVEL, fields: object, msg: string): void {
  if (isSilent) return
  const head = { level: LEVEL[level], time: Date.now(), gateway: gatewayId, event: 'listener.error' }
  const line = `${JSON.stringify({ ...head, ...fields, msg })}\n`
  for (const write of [() => appendFileSync(logFile, line), () => writeSync(STDOUT, line)]) {
    try {
      write()
    } catch (error) {
      // The other place may work; when neither does, there is nobody left to tell.
      if (!(error instanceof Error)) throw error
    }
  }
}
