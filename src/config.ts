/**
 * The settings: read from the environment by the table of variables. The parsing, the error texts,
 * `gateway config` and the README's table all come from that table.
 */
import { faultsTogether, warningsTogether } from './config/combinations.ts'
import { type Environment, findValue, isSetEmpty, readEnvironment, type Texts } from './config/environment.ts'
import { nearest } from './config/nearest.ts'
import { type Settings, variables } from './config/settings.ts'
import { shownDefault, type Variable } from './config/variable.ts'

export { type Settings, shownDefault, type Variable, variables }

/** A setting as `gateway config` shows it. */
export interface ConfigEntry {
  readonly name: string
  readonly value: unknown
  /** The value in words; a secret's is masked. */
  readonly shown: string
  /** Where it came from: `default`, `environment`, `.env` or `file PATH`. */
  readonly source: string
}

export interface Config {
  readonly settings: Settings
  readonly entries: ConfigEntry[]
  /** The variables that were set by the user, by their key in the table. */
  readonly given: ReadonlySet<keyof Settings>
  /** The files that values came from (NAME_FILE), by the variable's key. */
  readonly files: ReadonlyMap<keyof Settings, string>
  /** What deserves a look but stops nothing, such as an unknown `WS_*` name. */
  readonly warnings: string[]
}

/** The environment has faults: one text for each, all of them at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/**
 * Reads the settings from the process's environment and the `.env` file of a folder.
 * @param folder where the `.env` file is looked for: the working directory
 * @throws ConfigError with every fault, when there is one
 */
export function readConfig(processEnvironment: Texts, folder: string = process.cwd()): Config {
  const faults: string[] = []
  const environment = readEnvironment(processEnvironment, folder, faults)
  const entries: ConfigEntry[] = []
  const given = new Set<keyof Settings>()
  const files = new Map<keyof Settings, string>()
  const settings: Record<string, unknown> = {}
  const warnings: string[] = []
  for (const [key, v] of Object.entries(variables) as [keyof Settings, Variable<unknown>][]) {
    const found = findValue(environment, v.name)
    if (v.guards && found !== undefined && 'emptyFile' in found) {
      faults.push(
        `${v.name}_FILE: got ${JSON.stringify(found.emptyFile)}, which is empty, takes a file with a value`,
      )
    }
    if (v.guards && found === undefined && isSetEmpty(environment, v.name)) {
      warnings.push(`${v.name} is set to an empty text, which counts as unset: nobody is kept out by it`)
    }
    if (found === undefined || 'emptyFile' in found) {
      settings[key] = v.default
      entries.push({
        name: v.name,
        value: v.secret ? null : v.default,
        shown: shownDefault(v),
        source: 'default',
      })
      continue
    }
    if ('fault' in found) {
      faults.push(found.fault)
      continue
    }
    const value = v.kind.read(found.text)
    if (value === undefined) {
      // A key may stand by mistake where a certificate belongs.
      const isHidden = v.secret || v.kind.show !== undefined
      const got = isHidden ? 'a value that is not shown' : JSON.stringify(withoutPassword(found.text))
      const why = v.kind.explain?.(found.text)
      const from = found.source === 'environment' ? '' : ` (from ${found.source})`
      faults.push(`${v.name}: got ${got}${from}, takes ${v.kind.takes}${why ? `; ${why}` : ''}`)
      continue
    }
    settings[key] = value
    given.add(key)
    if (found.file !== undefined) files.set(key, found.file)
    const shown = v.secret ? (v.kind.mask?.(value) ?? '********') : (v.kind.show?.(value) ?? found.text)
    entries.push({ name: v.name, value: v.secret ? shown : value, shown, source: found.source })
  }
  if (faults.length > 0) throw new ConfigError(faults)
  // Complete: the loop has set every key of the table, or there was a fault.
  const complete = settings as unknown as Settings
  const together = faultsTogether(complete)
  if (together.length > 0) throw new ConfigError(together)
  warnings.push(...unknownNames(environment), ...warningsTogether(complete, given))
  return { settings: complete, entries, given, files, warnings }
}

/** A URL that is refused for its password must not show it. */
function withoutPassword(text: string): string {
  return text.replace(/^([a-z][\w+.-]*:\/*).*@/i, '$1…@')
}

function unknownNames(environment: Environment): string[] {
  const known = Object.values(variables).map(v => v.name)
  const set = new Set([...Object.keys(environment.process), ...Object.keys(environment.dotenv)])
  return [...set]
    .filter(name => name.startsWith('WS_') && !known.includes(name.replace(/_FILE$/, '')))
    .sort()
    .map(name => {
      const near = nearest(name, known)
      return `${name} is not a variable of the gateway${near ? `; did you mean ${near}?` : ''}`
    })
}
