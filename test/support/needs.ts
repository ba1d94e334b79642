/** Tests that need a program which is not part of this package. */
import { existsSync } from 'node:fs'

/**
 * Why such a test is skipped, or false when the program is there. In CI a missing program is a failure, never a
 * quiet skip: `.ci/run` installs them all.
 */
export function missing(program: string, debianPackage: string): string | false {
  if (existsSync(program) || process.env.CI === 'true') return false
  return `SKIPPED: ${program} is not here (apt-get install ${debianPackage})`
}
