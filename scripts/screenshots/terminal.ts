/** What a command prints to a terminal, with its colours (ANSI SGR codes), as HTML in a plain dark frame. */

/** The colours 30 to 37 and 90 to 97, quiet enough to be read on the frame's ground. */
const COLOURS = ['#5c6773', '#ff7b72', '#7ee29a', '#f2cc60', '#79b8ff', '#d2a8ff', '#6fd9e0', '#e6edf3']
const BRIGHT = ['#8b98a5', '#ffa198', '#a7f0ba', '#ffdf86', '#a5d0ff', '#e2c5ff', '#a5eef2', '#ffffff']
const GROUND = '#12181d'
const TEXT = '#d5dde3'

/** How text looks from here on. */
interface Look {
  readonly colour?: string | undefined
  readonly ground?: string | undefined
  readonly isBold?: boolean
  readonly isDim?: boolean
  readonly isInverse?: boolean
}

/** One command, and what it has printed. */
export interface Printed {
  readonly command: string
  readonly output: string
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what escape sequences begin with
const SEQUENCE = /\u001b\[([\d;]*)m|\u001b\[[\d;?]*[A-Za-ln-z]/gu

/** Text with SGR codes as HTML; other escape sequences are left out. */
export function toHtml(text: string): string {
  let html = ''
  let look: Look = {}
  let from = 0
  for (const found of text.matchAll(SEQUENCE)) {
    html += span(text.slice(from, found.index), look)
    from = found.index + found[0].length
    if (found[1] !== undefined) look = changed(look, found[1])
  }
  return html + span(text.slice(from), look)
}

function changed(before: Look, codes: string): Look {
  let look = before
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) look = {}
    else if (code === 1) look = { ...look, isBold: true }
    else if (code === 2) look = { ...look, isDim: true }
    else if (code === 22) look = { ...look, isBold: false, isDim: false }
    else if (code === 7 || code === 27) look = { ...look, isInverse: code === 7 }
    else if (code === 39) look = { ...look, colour: undefined }
    else if (code === 49) look = { ...look, ground: undefined }
    else if (code >= 30 && code <= 37) look = { ...look, colour: COLOURS[code - 30] }
    else if (code >= 90 && code <= 97) look = { ...look, colour: BRIGHT[code - 90] }
    else if (code >= 40 && code <= 47) look = { ...look, ground: COLOURS[code - 40] }
    else throw new Error(`the pictures do not know the SGR code ${code} of ${JSON.stringify(codes)}`)
  }
  return look
}

function span(text: string, { colour, ground, isBold, isDim, isInverse }: Look): string {
  if (text === '') return ''
  const [ink, paper] = isInverse ? [ground ?? GROUND, colour ?? TEXT] : [colour, ground]
  const style = [
    ink && `color:${ink}`,
    paper && `background:${paper}`,
    isBold && 'font-weight:700',
    isDim && 'opacity:.62',
  ].filter(Boolean)
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return style.length === 0 ? plain : `<span style="${style.join(';')}">${plain}</span>`
}

/**
 * A page with a terminal in it, `#terminal`, in which these commands have run one after the other.
 * @param columns its width in characters; longer lines go on in the next one
 */
export function terminalPage(title: string, columns: number, printed: readonly Printed[]): string {
  const blocks = printed.map(
    ({ command, output }) => `<b>$</b> <i>${span(command, {})}</i>\n${toHtml(output.trimEnd())}`,
  )
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><style>
body { margin: 24px; background: transparent }
#terminal {
  width: max-content; border-radius: 10px; overflow: hidden;
  background: ${GROUND}; color: ${TEXT}; border: 1px solid #2a343c;
}
header {
  display: flex; align-items: center; gap: 7px; padding: 9px 14px; background: #1b2329;
  color: #9aa7b0; font: 12px system-ui, sans-serif;
}
header span { width: 10px; height: 10px; border-radius: 50%; background: #3a4650 }
header em { flex: 1; padding-right: 51px; font-style: normal; text-align: center }
pre {
  box-sizing: content-box; width: ${columns}ch; margin: 0; padding: 14px 18px 18px; white-space: pre-wrap; word-break: break-all;
  font: 13px / 1.5 "JetBrains Mono", "DejaVu Sans Mono", monospace; font-variant-ligatures: none;
}
b { color: #7ee29a } i { font-style: normal; font-weight: 700; color: #fff }
</style><div id="terminal"><header><span></span><span></span><span></span><em>${title}</em></header><pre>${blocks.join(
    '\n\n',
  )}</pre></div>`
}
