/** The README's commands for Docker. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/gateway.ts'

/** What the README calls the image. */
export const IMAGE = 'websocket-gateway'

/**
 * A command of the README, word by word, with some of its words replaced, so that a test neither takes a name or a
 * port of yours nor runs anything else than what stands there.
 * @param start how the command begins, and no other one
 */
export function readmeCommand(start: string, replaced: Record<string, string> = {}): string[] {
  const found = readFileSync(join(root, 'README.md'), 'utf8').match(
    new RegExp(`^(?:\\$ )?(${start}(?: .*)?)$`, 'gm'),
  )
  if (found?.length !== 1) throw new Error(`the README has ${found?.length ?? 'no'} command ${start}`)
  // A word in single quotes is one word.
  const words = [...(found[0] ?? '').replace(/^\$ /, '').matchAll(/'([^']*)'|(\S+)/g)].map(
    m => m[1] ?? m[2] ?? '',
  )
  for (const word of Object.keys(replaced)) {
    if (!words.includes(word)) throw new Error(`the README's ${words.join(' ')} has no ${word}`)
  }
  return words.map(word => replaced[word] ?? word)
}
