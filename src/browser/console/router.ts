/**
 * What the address names: `#/connections?user=anna` of the gateway that serves this page, `#/@stock/log` of another
 * one. So every view can be linked, and a reload comes back to it.
 */

export interface Route {
  /** Undefined is the gateway that serves this page. */
  readonly gateway: string | undefined
  /** The view's name; empty when none is named. */
  readonly view: string
  readonly params: URLSearchParams
}

export function readRoute(hash: string): Route {
  const [path = '', query = ''] = splitOnce(hash.replace(/^#\/?/, ''), '?')
  const parts = path.split('/')
  const gateway = parts[0]?.startsWith('@') ? parts.shift()?.slice(1) : undefined
  return {
    gateway: gateway === undefined || gateway === '' ? undefined : decode(gateway),
    view: parts[0] ?? '',
    params: new URLSearchParams(query),
  }
}

/** The address of a view. Parameters that are undefined or empty are left out. */
export function hrefOf(
  gateway: string | undefined,
  view: string,
  params: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) if (value) given.set(name, value)
  const whose = gateway === undefined ? '' : `@${encodeURIComponent(gateway)}/`
  return `#/${whose}${view}${given.size === 0 ? '' : `?${given}`}`
}

function splitOnce(text: string, at: string): [string, string] {
  const place = text.indexOf(at)
  return place === -1 ? [text, ''] : [text.slice(0, place), text.slice(place + 1)]
}

/** What somebody has typed into the address need not be well encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
