/** `gateway start`, `stop`, `restart`, `reload`. */
import { call } from '../control/client.ts'
import { address } from './address.ts'
import { ADDRESS_HELP, ADDRESS_OPTIONS, type Command, EXIT, JSON_HELP, readOptions } from './command.ts'
import { print } from './output.ts'

function change(action: string, summary: string, help: string): Command {
  return {
    summary,
    usage: '[--id ID | --url URL] [--json]',
    options: ADDRESS_OPTIONS,
    help: `${help}\nPrints the state after it.\n\n${ADDRESS_HELP}\n${JSON_HELP}`,
    async run(args) {
      const values = readOptions(args, ADDRESS_OPTIONS)
      const { text } = await call(address(values), 'POST', `/${action}`)
      if (values.json) {
        print(text)
        return EXIT.done
      }
      const { state, note } = JSON.parse(text)
      print(`${note ?? state}\n`)
      return EXIT.done
    },
  }
}

export const start = change(
  'start',
  'start the WebSocket server',
  'Lets clients connect. Refused in startup mode "disabled".',
)
export const stop = change(
  'stop',
  'stop the WebSocket server; the process stays',
  'Closes each connection with 1001, and the port. The process and its control socket stay.',
)
export const restart = change(
  'restart',
  'stop, then start, with the listener loaded anew',
  'Closes each connection with 1012, loads the listener anew and empties gateway.state. A stopped gateway starts.',
)
export const reload = change(
  'reload',
  'load the listener anew; no connection drops',
  'Loads the listener anew, changed or not. When it does not load, the last good version stays in use. Of an application\n(WS_LISTENER as a URL) it looks whether anybody listens there.',
)
