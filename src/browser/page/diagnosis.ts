/** Why a handshake may have failed: a browser tells a page nothing but 1006. */
import { givenToken, isPath, needsToken, offeredProtocols, path } from './target.ts'

/** In words: what is known, what may be, and how to find out. */
export interface Diagnosis {
  readonly what: string
  readonly causes: readonly string[]
  readonly next: string
}

/** How long the gateway may take to say whether it is there. */
const PATIENCE_MS = 3000

/** Finds out what can be found out from here, which is whether this page's own gateway is there. */
export async function diagnose(url: URL): Promise<Diagnosis> {
  const health = url.host === location.host ? await ask() : 'not asked'
  if (health === 'away') {
    return {
      what: 'The gateway cannot be reached: it has stopped, or the network is gone.',
      causes: [],
      next: 'Where it runs, “gateway status” says how it is.',
    }
  }
  if (health === 'closed') {
    return {
      what: 'The gateway is there, and lets nobody in now.',
      causes: ['Its listener does not load.', 'It is about to stop (WS_DRAIN_MS).'],
      next: 'Where it runs, “gateway status” says which.',
    }
  }
  const isThere = health === 'open'
  return {
    what: isThere
      ? 'The gateway is there, so it has refused this handshake. A browser does not tell a page why. It may be:'
      : 'The handshake has failed, and a browser does not tell a page why. It may be:',
    causes: [
      ...(isThere ? [] : ['Nobody listens there, or the certificate is not trusted.']),
      ...refusals(url),
    ],
    next: 'The gateway’s log has it: run “gateway logs” where it runs, and look for client.refused.',
  }
}

/** Why a gateway refuses, the likelier ones first. */
function refusals(url: URL): string[] {
  const causes: string[] = []
  const token = givenToken()
  if (needsToken && token === '') causes.unshift('It asks for a token, and none is given above (401).')
  else if (token !== '') causes.push('The token does not count, or has expired (401).')
  if (!isPath(url.pathname)) {
    causes.push(`Clients connect at ${path} (WS_PATH), and at no other path (404).`)
  }
  causes.push(`Pages of ${location.origin} may not connect (WS_ALLOWED_ORIGINS, 403).`)
  causes.push('The listener’s onClientHandshake has said no.')
  if (offeredProtocols().length > 0) {
    causes.push('It has agreed on none of the subprotocols that are offered, and the browser wants one.')
  }
  causes.push('Too many connections (429 or 503).')
  return causes
}

type Health = 'open' | 'closed' | 'away'

async function ask(): Promise<Health> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const { ok } = await fetch(new URL('healthz', location.href), { cache: 'no-store', signal })
    return ok ? 'open' : 'closed'
  } catch {
    return 'away'
  }
}
