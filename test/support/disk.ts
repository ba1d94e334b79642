/** A disk that is quickly full. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Why there can be none: mounting needs root. */
export const noDisk = process.getuid?.() !== 0 && 'needs root for a small tmpfs'

/** A folder of so many kilobytes, gone when the test ends. */
export function smallDisk(t: TestContext, kilobytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'gw-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder])
  t.after(() => {
    execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}
