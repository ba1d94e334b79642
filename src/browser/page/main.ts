/** The first page: connects, sends, and shows what comes. */
import { CLOSE_WORDS, closeWords } from '../../connections/close-words.ts'
import { announce } from './announcer.ts'
import { readHex, sizeText } from './bytes.ts'
import { type Diagnosis, diagnose } from './diagnosis.ts'
import { box, button, element, input, make } from './elements.ts'
import { logEvent, logMessage } from './message-log.ts'
import { Session } from './session.ts'
import { copies, updateSnippets } from './snippets.ts'
import { checkToken, defaultUrl, needsToken, offeredProtocols, targetUrl } from './target.ts'

type State = 'closed' | 'opening' | 'open' | 'failed'

/** The largest file that may be sent from here; the gateway's own bound is WS_MAX_PAYLOAD_BYTES. */
const LARGEST_FILE = 100_000_000
/** What of a file is read for the list. */
const SHOWN_BYTES = 512

const connect = button('connect')
const disconnect = button('disconnect')
const send = button('send')
const file = button('file')
const fileInput = input('file-input')
const url = input('url')
const message = element('message', HTMLTextAreaElement)
const note = box('note')
const fault = box('send-fault')

let session: Session | undefined
let id: string | undefined

function setState(state: State, text: string): void {
  box('state').dataset.state = state
  box('state-text').textContent = text
  announce(text)
  const focused = document.activeElement
  const isActive = state === 'opening' || state === 'open'
  connect.disabled = isActive
  disconnect.disabled = !isActive
  send.disabled = file.disabled = state !== 'open'
  // A button that is disabled loses the focus: it goes on to what comes next.
  if (state === 'opening' && focused === connect) disconnect.focus()
  if (state === 'open' && (focused === disconnect || focused === url)) message.focus()
  if (!isActive && (focused === disconnect || focused === send || focused === file)) connect.focus()
}

function showNote(kind: 'good' | 'bad', { what, causes, next }: Diagnosis): void {
  const list = document.createElement('ul')
  list.append(...causes.map(cause => make('li', cause)))
  note.dataset.kind = kind
  note.hidden = false
  note.replaceChildren(
    make('p', what),
    ...(causes.length > 0 ? [list] : []),
    ...(next ? [make('p', next)] : []),
  )
}

function showCounts(): void {
  if (session === undefined) return
  const { received, sent, openedAt } = session
  box('received').textContent = `${received.messages} (${sizeText(received.bytes)})`
  box('sent').textContent = `${sent.messages} (${sizeText(sent.bytes)})`
  if (openedAt !== undefined) box('age').textContent = duration(performance.now() - openedAt)
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes === 0) return `${seconds} s`
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function open(): void {
  note.hidden = true
  url.removeAttribute('aria-invalid')
  try {
    const target = targetUrl()
    checkToken()
    const opening: Session = new Session(target, offeredProtocols(), {
      opened: () => opened(opening),
      identified: told => {
        id = told
        box('id').textContent = told
        button('copy-id').hidden = false
        updateSnippets(id)
      },
      received: data => {
        logMessage('in', data)
        showCounts()
      },
      closed: (code, reason) => void closed(opening, code, reason),
    })
    session = opening
    setState('opening', 'Connecting')
    logEvent(`connecting to ${target.href}`)
  } catch (error) {
    if (error instanceof TypeError) url.setAttribute('aria-invalid', 'true')
    const what = error instanceof Error ? error.message : String(error)
    showNote('bad', { what, causes: [], next: '' })
  }
}

function opened({ protocol }: Session): void {
  id = undefined
  box('id').textContent = protocol === 'websocket-gateway.page' ? '…' : 'not known'
  box('protocol').textContent = protocol || 'none'
  button('copy-id').hidden = true
  box('facts').hidden = false
  showCounts()
  setState('open', 'Connected')
  logEvent('connected')
}

async function closed(ended: Session, code: number, reason: string): Promise<void> {
  const { name, meaning } = closeWords(code)
  // A reason from right to left, or one that turns the order around, stays between its quotation marks.
  const said = `${code} ${name}${reason === '' ? '' : `, “\u2068${reason}\u2069”`}`
  session = undefined
  id = undefined
  box('facts').hidden = true
  updateSnippets()
  if (ended.openedAt === undefined) {
    setState('failed', ended.isClosedHere ? 'Given up' : 'Not let in')
    logEvent(ended.isClosedHere ? 'given up' : `the handshake has failed (${said})`)
    if (ended.isClosedHere) return
    const found = await diagnose(ended.url)
    // Meanwhile it may have been tried again.
    if (session === undefined) showNote('bad', found)
    return
  }
  setState(code === 1000 ? 'closed' : 'failed', `Closed: ${code}`)
  logEvent(`closed: ${said}`)
  if (!ended.isClosedHere)
    showNote(code === 1000 ? 'good' : 'bad', { what: `Closed with ${said}.`, causes: [], next: meaning })
}

function showFault(text: string): void {
  fault.textContent = text
  fault.hidden = text === ''
  if (text === '') message.removeAttribute('aria-invalid')
  else message.setAttribute('aria-invalid', 'true')
}

function sendMessage(): void {
  showFault('')
  if (session?.openedAt === undefined || message.value === '') return
  try {
    const data = input('kind-hex').checked ? readHex(message.value) : message.value
    session.send(data)
    logMessage('out', data)
    message.value = ''
    showCounts()
  } catch (error) {
    showFault(error instanceof Error ? error.message : String(error))
  }
}

async function sendFile(): Promise<void> {
  const [chosen] = fileInput.files ?? []
  fileInput.value = ''
  if (chosen === undefined) return
  if (chosen.size > LARGEST_FILE) {
    showFault(
      `“${chosen.name}” has ${sizeText(chosen.size)}; at most ${sizeText(LARGEST_FILE)} are sent from here.`,
    )
    return
  }
  showFault('')
  try {
    const shown = new Uint8Array(await chosen.slice(0, SHOWN_BYTES).arrayBuffer())
    if (session?.openedAt === undefined) return
    session.send(chosen)
    logMessage('out', shown, chosen.size)
    showCounts()
  } catch (error) {
    showFault(error instanceof Error ? error.message : String(error))
  }
}

const isSupported = 'WebSocket' in globalThis
box('support').textContent = isSupported
  ? 'It runs, and this browser supports WebSockets.'
  : 'It runs, but this browser does not support WebSockets.'
url.value = defaultUrl()
element('more', HTMLDetailsElement).open = needsToken
updateSnippets()
box('code-list').append(
  ...[...CLOSE_WORDS].flatMap(([code, { name, meaning }]) => {
    const words = make('dd', `${name}. `)
    words.append(make('span', meaning))
    return [make('dt', String(code)), words]
  }),
)

connect.disabled = !isSupported
element('connect-form', HTMLFormElement).addEventListener('submit', event => {
  event.preventDefault()
  if (isSupported && session === undefined) open()
})
element('connect-form', HTMLFormElement).addEventListener('input', () => updateSnippets(id))
disconnect.addEventListener('click', () => session?.close())
element('send-form', HTMLFormElement).addEventListener('submit', event => {
  event.preventDefault()
  sendMessage()
})
message.addEventListener('keydown', event => {
  // Not the Enter that ends a word of Chinese, Japanese or Korean.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  sendMessage()
})
message.addEventListener('input', () => showFault(''))
file.addEventListener('click', () => fileInput.click())
fileInput.addEventListener('change', () => void sendFile())
copies(button('copy-id'), 'id')
for (const copier of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
  copies(copier, copier.dataset.copy ?? '')
}
setInterval(showCounts, 1000)
