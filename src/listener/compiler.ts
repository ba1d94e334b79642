/** esbuild's process: started when it is needed, replaced when it has died, ended when it has nothing to do. */
import { closeSync, openSync } from 'node:fs'
import { type BuildOptions, type BuildResult, build, type Message, stop } from 'esbuild'
import { ShortageError } from './listener.ts'

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
    return await buildNow(options)
  } catch (error) {
    if (isBuildFailure(error) || error instanceof ShortageError) throw error
    // Another load may have replaced the process already.
    if (before === epoch) {
      epoch++
      await stop()
    }
    return await buildNow(options)
  } finally {
    running--
    if (running === 0) idle = setTimeout(endCompiler, IDLE_MS).unref()
  }
}

/** Builds, and starts esbuild's process for that when it is not there. @throws ShortageError */
async function buildNow(options: InMemory): Promise<BuildResult<InMemory>> {
  needDescriptors()
  return build(options)
}

/** What starting a process and reading some files takes, with something to spare. */
const DESCRIPTORS = 12

/**
 * esbuild cannot cope with a process that cannot be started for want of file descriptors: nobody would hear its error,
 * and an error that nobody hears ends the gateway.
 * @throws ShortageError
 */
function needDescriptors(): void {
  const taken: number[] = []
  try {
    while (taken.length < DESCRIPTORS) taken.push(openSync('/dev/null', 'r'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ShortageError(`the listener cannot be compiled for want of file descriptors: ${reason}`)
  } finally {
    for (const descriptor of taken) closeSync(descriptor)
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
