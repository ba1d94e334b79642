/** Where the text of a variable comes from: the process's environment, a `.env` file, a file by NAME_FILE. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

export type Texts = Readonly<Record<string, string | undefined>>

/** The process's environment, and what the `.env` file of the working directory adds to it. */
export interface Environment {
  readonly process: Texts
  readonly dotenv: Texts
}

/** A variable's text and where it was found, or why it could not be had. */
export type Found =
  | { readonly text: string; readonly source: string; readonly file?: string }
  | { readonly fault: string }
  | { readonly emptyFile: string }

/** Takes the environment together with the `.env` file of a folder; one that cannot be read is a fault. */
export function readEnvironment(processEnvironment: Texts, folder: string, faults: string[]): Environment {
  const file = join(folder, '.env')
  if (!existsSync(file)) return { process: processEnvironment, dotenv: {} }
  // Loaded only when it is needed: the command `gateway` must start quickly.
  const dotenv = createRequire(import.meta.url)('dotenv') as typeof import('dotenv')
  try {
    return { process: processEnvironment, dotenv: dotenv.parse(readFileSync(file)) }
  } catch (error) {
    faults.push(`.env: cannot be read; ${error instanceof Error ? error.message : error}`)
    return { process: processEnvironment, dotenv: {} }
  }
}

/** The text of a variable, or undefined when it is set nowhere. An empty value counts as unset. */
export function findValue(environment: Environment, name: string): Found | undefined {
  return findIn(environment.process, name, 'environment') ?? findIn(environment.dotenv, name, '.env')
}

/** Whether a variable is there, with nothing in it. */
export function isSetEmpty({ process, dotenv }: Environment, name: string): boolean {
  return process[name] === '' || dotenv[name] === ''
}

function findIn(texts: Texts, name: string, source: string): Found | undefined {
  const direct = texts[name] || undefined
  const path = texts[`${name}_FILE`] || undefined
  if (direct !== undefined && path !== undefined) {
    return { fault: `${name}: got both ${name} and ${name}_FILE, takes one of them` }
  }
  if (direct !== undefined) return { text: direct, source }
  if (path === undefined) return undefined
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    return text === '' ? { emptyFile: path } : { text, source: `file ${path}`, file: path }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      fault: `${name}_FILE: got ${JSON.stringify(path)}, takes the path of a readable file; ${reason}`,
    }
  }
}
