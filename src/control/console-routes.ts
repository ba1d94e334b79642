/** The console's own files. They hold nothing secret: all that they show comes from calls with a token. */
import { readFile } from 'node:fs/promises'
import type { Handler } from './call.ts'

/** Nothing but the console's own files, and nobody may show it in a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/**
 * One of the files that `npm run build` has put together. It is read once: anyone may ask for it, a thousand times at
 * once and without reading the answers, which then share it.
 */
export function consoleFile(name: string, type: string): Handler {
  let file: Promise<Buffer> | undefined
  return async () => {
    file ??= readFile(new URL(`../browser/${name}`, import.meta.url))
    return { status: 200, text: await file, type: `${type}; charset=utf-8`, headers }
  }
}
