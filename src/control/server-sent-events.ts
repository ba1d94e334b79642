/** Reading server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
import { StringDecoder } from 'node:string_decoder'

/** The longest event, and the longest line, in characters. */
const LONGEST = 16 * 1024 * 1024
const LINE_END = /\r\n|\r|\n/

export interface ServerSentEvent {
  /** `message` when the server names none. */
  readonly event: string
  readonly data: string
}

/**
 * The events of a stream. One that is cut off by its end is left out, as the standard has it.
 * @throws RangeError for an event that is too long
 */
export async function* readEvents(parts: AsyncIterable<Buffer>): AsyncGenerator<ServerSentEvent, void> {
  const decoder = new StringDecoder('utf8')
  let isFirst = true
  let rest = ''
  let name = ''
  let data: string[] = []
  let size = 0
  for await (const part of parts) {
    let text = decoder.write(part)
    if (isFirst && text !== '') {
      isFirst = false
      text = text.replace(/^\ufeff/, '')
    }
    rest += text
    // A carriage return at the end may be half of a line's end.
    const isCut = rest.endsWith('\r')
    const lines = (isCut ? rest.slice(0, -1) : rest).split(LINE_END)
    rest = (lines.pop() ?? '') + (isCut ? '\r' : '')
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: name || 'message', data: data.join('\n') }
        name = ''
        data = []
        size = 0
        continue
      }
      const [field, value] = read(line)
      if (field === 'event') name = value
      if (field === 'data') {
        data.push(value)
        size += value.length
      }
    }
    if (rest.length > LONGEST || size > LONGEST) {
      throw new RangeError(`the gateway has sent an event of more than ${LONGEST} characters`)
    }
  }
}

/** A line without a colon is a field without a value; one that begins with a colon is a comment. */
function read(line: string): [field: string, value: string] {
  const colon = line.indexOf(':')
  if (colon === -1) return [line, '']
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)]
}
