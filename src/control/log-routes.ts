/** The lines of WebSocket.log: those of all gateways that share its folder. */
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isLevel, LEVELS, matcher } from '../log/filter.ts'
import { follow } from '../log/follow.ts'
import { type LastLines, lastLines } from '../log/last-lines.ts'
import { statIfThere } from '../log/log-files.ts'
import { parseLine } from '../log/parse-line.ts'
import { Problem } from '../problem.ts'
import { type Answer, type Call, ok } from './call.ts'
import { numberIn } from './number-in.ts'

const MOST_LINES = 1000
/** No more of the log is searched for one call. */
const MOST_BYTES = 64 * 1024 * 1024
/** Lines in one answer, in characters altogether: writing them as JSON holds up everyone else. */
const MOST_FOUND = 2 * 1024 * 1024

/** `GET /logs`: the newest lines that match, oldest first. */
export async function listLogLines({ gateway, query, request, searches }: Call): Promise<Answer> {
  const count = numberIn(query, 'limit', 1, { default: 200, most: MOST_LINES })
  const matches = matcherOf(query)
  const path = await readableLog(gateway.settings.logDir)
  return searches.hold(async () => {
    const { lines, end, isWhole } = await search(path, count, matches, () => !request.socket.destroyed)
    await end.file?.close()
    return ok({ lines: lines.map(fieldsOf), ...(!isWhole && { partial: true }) })
  })
}

/** `GET /logs/events`: the same lines, and then each new one as it comes. */
export async function followLog({ gateway, query }: Call): Promise<Answer> {
  const count = numberIn(query, 'limit', 0, { default: 0, most: MOST_LINES })
  const matches = matcherOf(query)
  // What speaks against it is said before the stream begins.
  const path = await readableLog(gateway.settings.logDir)
  return {
    status: 200,
    async stream(events) {
      const { lines, end } = await search(path, count, matches, () => !events.signal.aborted)
      for (const line of lines) events.send('line', fieldsOf(line))
      const onLine = (line: string): boolean => {
        if (matches(line)) events.send('line', fieldsOf(line))
        return !events.signal.aborted
      }
      await follow(path, end, onLine, events.signal)
    },
  }
}

function search(
  path: string,
  count: number,
  matches: (line: string) => boolean,
  isWanted: () => boolean,
): Promise<LastLines> {
  return lastLines(path, {
    count,
    matches,
    isWanted,
    withUnfinished: false,
    mostBytes: MOST_BYTES,
    mostFound: MOST_FOUND,
  })
}

/** @throws Problem 400 */
function matcherOf(query: URLSearchParams): (line: string) => boolean {
  const level = query.get('level') || undefined
  if (level !== undefined && !isLevel(level)) {
    const levels = Object.keys(LEVELS).join(', ')
    throw new Problem(400, `level takes one of ${levels}, got ${JSON.stringify(level)}`)
  }
  const [event, conn, text, gateway] = ['event', 'conn', 'text', 'gateway'].map(
    name => query.get(name) || undefined,
  )
  return matcher({ level, event, conn, text, gateway })
}

/**
 * Where the log is. The file itself need not be there yet.
 * @throws Problem 503 when it cannot be read
 */
async function readableLog(logDir: string): Promise<string> {
  const path = resolve(logDir, 'WebSocket.log')
  try {
    // The dot makes a file in the folder's place an error.
    await access(`${dirname(path)}/.`, constants.R_OK | constants.X_OK)
    if (await statIfThere(path)) await access(path, constants.R_OK)
    return path
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Problem(503, `WebSocket.log cannot be read: ${reason}`, {}, error)
  }
}

/** A line that is no JSON was written by somebody else, or only in part. */
function fieldsOf(line: string): Record<string, unknown> {
  return parseLine(line) ?? { msg: line }
}
