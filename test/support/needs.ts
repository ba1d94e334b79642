/** Tests that need a program which is not part of this package. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/**
 * Why such a test is skipped, or false when the program is there. In CI a missing program is a failure, never a
 * quiet skip: `.ci/run` installs them all.
 */
export function missing(program: string, debianPackage: string): string | false {
  if (existsSync(program) || process.env.CI === 'true') return false
  return `SKIPPED: ${program} is not here (apt-get install ${debianPackage})`
}

/** The same for a program that must also be able to run a line: of a new enough version, with a library. */
export function unfit(program: string, words: readonly string[], debianPackages: string): string | false {
  const skip = missing(program, debianPackages)
  if (skip || process.env.CI === 'true' || spawnSync(program, words).status === 0) return skip
  return `SKIPPED: ${program} is too old or lacks a library (apt-get install ${debianPackages})`
}
