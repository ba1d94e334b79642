/** Asks for the control token. */
import { Api, ApiProblem, faultText } from './api.ts'
import { element, labelled, setText } from './element.ts'
import { forgetToken, keepToken, keptToken } from './token.ts'

/** What has come of trying a token. */
type Outcome =
  | { readonly isIn: true }
  | { readonly isIn: false; readonly isWrong?: true; readonly why: string }

/** What is said when the answer has not come after so long. */
const LATE = 'After wrong tokens an answer takes up to 8 seconds.'
const LATE_AFTER_MS = 1500

/** Tries a token, or whether none is needed. */
async function tryToken(token: string | undefined): Promise<Outcome> {
  // No header can carry anything else.
  if (token !== undefined && /[^\x20-\x7e]/.test(token)) return { isIn: false, why: 'This is not the token.' }
  try {
    await new Api(token, () => undefined).get('/status')
    return { isIn: true }
  } catch (error) {
    const status = error instanceof ApiProblem ? error.status : undefined
    if (status === 401) {
      return { isIn: false, isWrong: true, why: token === undefined ? '' : 'This is not the token.' }
    }
    if (status === 429) {
      return { isIn: false, why: 'Too many wrong tokens have been tried. Wait a minute, then try again.' }
    }
    return { isIn: false, why: faultText(error) ?? '' }
  }
}

/**
 * Waits until the gateway lets this page in: at once where the kept token is good or none is needed.
 * @param why it is to be asked for in any case
 * @returns the token; undefined where none is needed
 */
export async function signIn(why = ''): Promise<string | undefined> {
  if (why !== '') return askForToken(why)
  const kept = keptToken()
  const first = await tryToken(kept)
  if (first.isIn) return kept
  // A gateway that is away for a moment takes the same token again, after a reload.
  if (first.isWrong) forgetToken()
  return askForToken(first.why)
}

function askForToken(why: string): Promise<string> {
  return new Promise(resolve => {
    const input = element('input', {
      type: 'password',
      name: 'token',
      autocomplete: 'current-password',
      required: true,
      spellcheck: 'false',
    })
    const submit = element('button', { type: 'submit', class: 'primary' }, 'Sign in')
    const fault = element('p', { class: 'fault', role: 'alert' }, why)
    const form = element(
      'form',
      { class: 'sign-in panel' },
      element('h1', {}, 'WebSocket gateway'),
      // By which a password manager knows the token of one gateway from that of another.
      element('input', { type: 'text', autocomplete: 'username', value: location.host, hidden: true }),
      labelled('Control token', input),
      element(
        'p',
        { class: 'hint' },
        'What WS_CONTROL_TOKEN was set to. It is kept until this tab is closed.',
      ),
      fault,
      submit,
    )
    form.addEventListener('submit', async event => {
      event.preventDefault()
      const token = input.value.trim()
      submit.disabled = true
      setText(submit, 'Checking …')
      setText(fault, '')
      // A wrong token is answered late on purpose, and each further one later.
      const late = setTimeout(() => setText(fault, LATE), LATE_AFTER_MS)
      const outcome = await tryToken(token)
      clearTimeout(late)
      submit.disabled = false
      setText(submit, 'Sign in')
      if (outcome.isIn) {
        keepToken(token)
        resolve(token)
        return
      }
      setText(fault, outcome.why)
      input.select()
      input.focus()
    })
    document.title = 'Sign in · WebSocket gateway'
    document.body.replaceChildren(element('main', { class: 'centre' }, form))
    input.focus()
  })
}
