/**
 * A process that appends numbered lines to a log at full speed until it is told to end, or killed:
 * `log-writer.ts PATH NAME MAX_BYTES MAX_FILES`, with 0 bytes for one that does not rotate.
 */
import { BufferedFile } from '../../src/log/buffered-file.ts'

const [path = '', name = '', maxBytes = '0', maxFiles = '0'] = process.argv.slice(2)
const limits = maxBytes === '0' ? undefined : { maxBytes: Number(maxBytes), maxFiles: Number(maxFiles) }
const file = new BufferedFile({ path, limits, say: text => process.stderr.write(`${text}\n`) })

let count = 0
let isEnding = false
process.once('SIGTERM', () => {
  isEnding = true
})
process.stdout.write('ready\n')
writeSome()

function writeSome(): void {
  for (let i = 0; i < 50; i++) {
    file.write(`${JSON.stringify({ name, n: count, pad: 'x'.repeat(count % 300) })}\n`)
    count++
  }
  if (!isEnding) setImmediate(writeSome)
  else {
    file.close()
    process.stdout.write(`${count}\n`)
  }
}
