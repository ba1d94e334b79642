/** Completion for zsh. */
import type { Offer } from './command.ts'
import type { CompletedCommand, CompletedOption } from './completion-table.ts'

/** The script that `source <(gateway completion zsh)` reads, and that can lie in a folder of $fpath as _gateway. */
export function zshScript(table: readonly CompletedCommand[]): string {
  const described = table.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`)
  const cases = table.map(({ name, options, offer }) => {
    const specs = [...options.flatMap(specsOf), `*:word:${actionOf(offer) || ' '}`]
    return `        ${name}) _arguments -s ${specs.map(quoted).join(' ')} ;;`
  })
  return `#compdef gateway
# Completion of the command gateway for zsh: source <(gateway completion zsh)
_gateway_ids() {
  local -a ids
  ids=(\${(f)"$(gateway completion ids 2>/dev/null)"})
  compadd -a ids
}

_gateway() {
  local curcontext=$curcontext state
  local -a line commands
  commands=(
${described.join('\n')}
  )
  _arguments -C '--id=[the gateway of this id]:ID:_gateway_ids' '--url=[a control API over TCP]:URL: ' \\
    '(- *)'{-h,--help}'[tells the commands]' '(- *)--version[prints the version]' \\
    '1:command:->command' '*::word:->word'
  case $state in
    command)
      commands+=('help:tells more of a command')
      _describe command commands ;;
    word)
      case $line[1] in
        help) _describe command commands ;;
${cases.join('\n')}
      esac ;;
  esac
}

# When it is read from $fpath, this is the first call; when it is sourced, the system has yet to be told of it.
if [[ $funcstack[1] == _gateway ]]; then _gateway "$@"; else compdef _gateway gateway; fi
`
}

function specsOf({ long, short, takesValue, isMultiple, about, offer }: CompletedOption): string[] {
  const text = `[${about.replace(/[[\]\\]/g, '\\$&')}]`
  const value = takesValue ? `:${long}:${actionOf(offer) || ' '}` : ''
  const spec = (name: string, sign: string, other: string): string => {
    const except = isMultiple ? '*' : `(${other})`
    return `${except}${name}${takesValue ? sign : ''}${text}${value}`
  }
  if (short === undefined) return [spec(`--${long}`, '=', `--${long}`)]
  return [spec(`--${long}`, '=', `-${short} --${long}`), spec(`-${short}`, '+', `-${short} --${long}`)]
}

function actionOf(offer: Offer | undefined): string {
  if (offer === undefined) return ''
  if (offer === 'gateways') return '_gateway_ids'
  return offer === 'files' ? '_files' : `(${offer.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
