/** The console: signs in where a token is needed, and shows the gateways. */
import { Api } from './api.ts'
import { showConsole } from './shell.ts'
import { signIn } from './sign-in.ts'
import { forgetToken } from './token.ts'

/** From signing in to signing out, again and again. */
async function run(): Promise<never> {
  let why = ''
  for (;;) {
    const token = await signIn(why)
    const session = new AbortController()
    why = await new Promise<string>(resolve => {
      const denied = (): void => resolve('The token is not accepted any more.')
      const signOut = token === undefined ? undefined : () => resolve('You are signed out.')
      showConsole(new Api(token, denied), signOut, session.signal)
    })
    forgetToken()
    session.abort()
  }
}

void run()
