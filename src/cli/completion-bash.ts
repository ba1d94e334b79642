/** Completion for bash, 3.2 and newer. */
import type { Offer } from './command.ts'
import type { CompletedCommand } from './completion-table.ts'

/** The script that `source <(gateway completion bash)` reads. */
export function bashScript(table: readonly CompletedCommand[]): string {
  const names = table.map(({ name }) => name).join(' ')
  const values = table.flatMap(({ name, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ long, short, offer }) => {
        const patterns = [`${name}/--${long}`, ...(short === undefined ? [] : [`${name}/-${short}`])]
        return `    ${patterns.join(' | ')}) ${offered(offer)} return ;;`
      }),
  )
  const words = table.map(({ name, options, offer }) => {
    const dashed = options.flatMap(({ long, short }) => [`--${long}`, ...(short ? [`-${short}`] : [])])
    const offering = `_gateway_offer -W '${dashed.join(' ')}'`
    if (offer === undefined) return `    ${name}) ${offering} ;;`
    return `    ${name}) if [[ $cur == -* ]]; then ${offering}; else ${offered(offer)} fi ;;`
  })
  return `# Completion of the command gateway for bash: source <(gateway completion bash)
_gateway_offer() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$@" -- "$cur")
}

_gateway() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command= i
  COMPREPLY=()
  # bash takes the = of --id=ID as a word of its own.
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      --id | --url)
        [[ \${COMP_WORDS[i + 1]} == = ]] && ((i++))
        ((i++)) ;;
      -*) ;;
      *)
        command=\${COMP_WORDS[i]}
        break ;;
    esac
  done
  case $command/$prev in
    /--id) ${offered('gateways')} return ;;
    /--url) return ;;
${values.join('\n')}
  esac
  case $command in
    '') _gateway_offer -W '${names} help --id --url --help --version' ;;
    help) _gateway_offer -W '${names}' ;;
${words.join('\n')}
  esac
}

complete -F _gateway gateway
`
}

function offered(offer: Offer | undefined): string {
  if (offer === undefined) return ''
  if (offer === 'gateways') return '_gateway_offer -W "$(gateway completion ids 2>/dev/null)";'
  if (offer === 'files') return 'compopt -o filenames 2>/dev/null; _gateway_offer -f;'
  return `_gateway_offer -W '${offer.join(' ')}';`
}
