/** Lists that a gateway gives in pages. */
import { type Address, call } from '../control/client.ts'
import { complain } from './output.ts'

/** The most that the gateway gives at once. */
const PAGE = 1000
/** For one page. In a cluster, each node that does not answer is waited for. */
const WITHIN_MS = 30_000

/** What a page says beside its entries. */
export interface Page {
  readonly next?: string
  /** Nodes that have not answered in time. */
  readonly unanswered?: readonly string[]
}

/**
 * Reads all pages.
 * @param key where a page has its entries
 * @param limit no more entries than so many
 * @returns the first page with the entries of all; `next` when there are more than the limit
 * @throws GatewayError
 */
export async function readPages<P extends Page, K extends keyof P & string>(
  gateway: Address,
  target: string,
  key: K,
  { query = {}, limit = Infinity }: { readonly query?: Record<string, string>; readonly limit?: number } = {},
): Promise<P> {
  const entries: unknown[] = []
  const unanswered = new Set<string>()
  let first: P | undefined
  let next: string | undefined
  do {
    const words = new URLSearchParams({ ...query, limit: String(Math.min(PAGE, limit - entries.length)) })
    if (next !== undefined) words.set('after', next)
    const signal = AbortSignal.timeout(WITHIN_MS)
    const page: P & Record<K, readonly unknown[]> = JSON.parse(
      (await call(gateway, 'GET', `${target}?${words}`, { signal })).text,
    )
    for (const entry of page[key]) entries.push(entry)
    for (const node of page.unanswered ?? []) unanswered.add(node)
    first ??= page
    next = page.next
  } while (next !== undefined && entries.length < limit)
  const { next: _, ...rest } = first
  return {
    ...rest,
    [key]: entries,
    ...(next !== undefined && { next }),
    ...(unanswered.size > 0 && { unanswered: [...unanswered] }),
  } as unknown as P
}

/** Says on standard error which nodes have not told what they have. */
export function complainOfSilence({ unanswered = [] }: Page): void {
  if (unanswered.length === 0) return
  complain(`no answer in time from ${unanswered.join(', ')}: what they have is left out`)
}
