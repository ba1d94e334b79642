/** esbuild's process: started when it is needed, replaced when it has died, ended when it has nothing to do. */
import { type BuildOptions, type BuildResult, build, type Message, stop } from 'esbuild'

/** What the bundle's caller gets is in memory. */
type InMemory = BuildOptions & { readonly write: false }

/** How long esbuild's process waits for the next load. A person who edits saves again within this time. */
const IDLE_MS = 10_000

let running = 0
let epoch = 0
let idle: NodeJS.Timeout | undefined

/** `esbuild.build`, with a second try when its process is gone. */
export async function compileWith(options: InMemory): Promise<BuildResult<InMemory>> {
  clearTimeout(idle)
  running++
  const before = epoch
  try {
    return await build(options)
  } catch (error) {
    if (isBuildFailure(error)) throw error
    // Another load may have replaced the process already.
    if (before === epoch) {
      epoch++
      await stop()
    }
    return await build(options)
  } finally {
    running--
    if (running === 0) idle = setTimeout(endCompiler, IDLE_MS).unref()
  }
}

/** Ends esbuild's process unless a load uses it; the next load starts another. */
export async function endCompiler(): Promise<void> {
  if (running > 0) return
  clearTimeout(idle)
  epoch++
  await stop()
}

/** Whether esbuild has found something wrong in the files, as opposed to something wrong with esbuild. */
export function isBuildFailure(error: unknown): error is Error & { errors: readonly Message[] } {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}
