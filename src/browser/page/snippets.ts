/** What to paste into one's own page, and into a shell. They follow what the form says. */
import { announce } from './announcer.ts'
import { box } from './elements.ts'
import { givenProtocols, givenToken, targetUrl } from './target.ts'

const COPIED_MS = 1500

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`

/** The snippets anew. @param id the connection's, when there is one */
export function updateSnippets(id?: string): void {
  let url: string
  try {
    url = quoted(targetUrl().href)
  } catch {
    // While a URL is being typed, the last good one stays.
    return
  }
  const names = givenProtocols().map(quoted)
  const hasToken = givenToken() !== ''
  const offered = hasToken ? ["'bearer'", 'token', ...names] : names
  box('plain').textContent = [
    '<script type="module">',
    ...(hasToken
      ? ['  // your application gives it', "  const token = await (await fetch('/token')).text()"]
      : []),
    `  const url = ${url}`,
    ...(offered.length > 0 ? [`  const protocols = [${offered.join(', ')}]`] : []),
    `  const socket = new WebSocket(url${offered.length > 0 ? ', protocols' : ''})`,
    "  socket.onopen = () => socket.send('hello')",
    '  socket.onmessage = e => console.log(e.data)',
    '  socket.onclose = e => console.log(e.code)',
    '</script>',
  ].join('\n')
  const token =
    "{\n    // your application gives it\n    token: () => fetch('/token').then(r => r.text()),\n  }"
  const words = ['url', ...(names.length > 0 ? ['protocols'] : []), ...(hasToken ? [token] : [])]
  box('client').textContent = [
    '<script type="module">',
    '  import { GatewaySocket } from',
    `    ${quoted(new URL('client.js', location.href).href)}`,
    '',
    `  const url = ${url}`,
    ...(names.length > 0 ? [`  const protocols = [${names.join(', ')}]`] : []),
    `  const socket = new GatewaySocket(${words.join(', ')})`,
    '  socket.onmessage = e => console.log(e.data)',
    "  socket.send('hello')  // once it is connected",
    '</script>',
  ].join('\n')
  box('push').textContent = [
    '# docker exec NAME gateway …, or npx gateway …',
    "gateway push 'hello, everybody'",
    ...(id === undefined ? [] : [`gateway push 'only for you' --to ${id}`]),
  ].join('\n')
}

/** Copies what an element holds when its button is pressed. */
export function copies(button: HTMLButtonElement, from: string): void {
  const label = button.firstChild
  const words = label?.nodeValue ?? ''
  const say = (text: string): void => {
    if (label !== null) label.nodeValue = text
  }
  let timer: number | undefined
  button.addEventListener('click', async () => {
    const done = await copy(box(from))
    say(done ? 'Copied' : 'Press Ctrl+C')
    announce(done ? 'Copied' : 'Selected; press Ctrl+C to copy')
    clearTimeout(timer)
    timer = window.setTimeout(say, COPIED_MS, words)
  })
}

/** By plain http: from another machine there is no clipboard for scripts; then the text is selected at least. */
async function copy(source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? '')
    return true
  } catch {
    getSelection()?.selectAllChildren(source)
    return document.execCommand('copy')
  }
}
