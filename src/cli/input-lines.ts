/** Standard input, line by line. */
import { StringDecoder } from 'node:string_decoder'

/** A longer line is a fault: it is kept whole until it ends. In characters. */
const LONGEST = 64 * 1024 * 1024

/**
 * The lines of a stream as they come, without their ends; the last one needs none.
 * @throws RangeError for a line that is too long
 */
export async function* inputLines(input: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8')
  let parts: string[] = []
  let size = 0
  for await (const bytes of input) {
    const [first = '', ...others] = decoder.write(bytes).split('\n')
    parts.push(first)
    size += first.length
    for (const next of others) {
      yield whole(parts)
      parts = [next]
      size = next.length
    }
    if (size > LONGEST) throw new RangeError(`a line of standard input has more than ${LONGEST} characters`)
  }
  parts.push(decoder.end())
  const last = whole(parts)
  if (last !== '') yield last
}

function whole(parts: readonly string[]): string {
  return parts.join('').replace(/\r$/, '')
}
