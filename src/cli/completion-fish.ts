/** Completion for fish. */
import type { Offer } from './command.ts'
import type { CompletedCommand, CompletedOption } from './completion-table.ts'

/** The script that `gateway completion fish | source` reads. */
export function fishScript(table: readonly CompletedCommand[]): string {
  const lines = table.flatMap(({ name, summary, options, offer }) => [
    `complete -c gateway -n __gateway_has_none -a ${name} -d ${quoted(summary)}`,
    `complete -c gateway -n '__gateway_is help' -a ${name} -d ${quoted(summary)}`,
    ...options.map(option => `complete -c gateway -n '__gateway_is ${name}' ${switchesOf(option)}`),
    ...(offer === undefined ? [] : [`complete -c gateway -n '__gateway_is ${name}' ${argumentsOf(offer)}`]),
  ])
  return `# Completion of the command gateway for fish: gateway completion fish | source
function __gateway_command
    set -l words (commandline -opc)[2..-1]
    while set -q words[1]
        switch $words[1]
            case --id --url
                set -e words[1]
            case '-*'
            case '*'
                echo $words[1]
                return
        end
        set -e words[1]
    end
end

function __gateway_has_none
    test -z (__gateway_command)
end

function __gateway_is
    test (__gateway_command)x = $argv[1]x
end

complete -c gateway -f
complete -c gateway -n __gateway_has_none -a help -d 'tells more of a command'
complete -c gateway -n __gateway_has_none -l id -x -a '(gateway completion ids)' -d 'the gateway of this id'
complete -c gateway -n __gateway_has_none -l url -x -d 'a control API over TCP'
complete -c gateway -n __gateway_has_none -l version -d 'prints the version'
complete -c gateway -n __gateway_has_none -s h -l help -d 'tells the commands'
${lines.join('\n')}
`
}

function switchesOf({ long, short, takesValue, about, offer }: CompletedOption): string {
  const name = `${short === undefined ? '' : `-s ${short} `}-l ${long}`
  const value = takesValue ? ` ${offer === undefined ? '-x' : argumentsOf(offer)}` : ''
  return `${name}${value} -d ${quoted(about)}`
}

function argumentsOf(offer: Offer): string {
  if (offer === 'gateways') return "-x -a '(gateway completion ids)'"
  return offer === 'files' ? '-r -F' : `-x -a ${quoted(offer.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
