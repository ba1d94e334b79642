/** Calls of the control API. */

/** A call was refused, or got no answer. The message says why, in the words of the gateway where it has any. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined

  constructor(detail: string, status?: number, cause?: unknown) {
    super(detail, { cause })
    this.status = status
  }
}

export interface CallOptions {
  /** Goes out as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** Beside 2xx, the statuses whose body is an answer. */
  readonly takes?: readonly number[]
}

/** How long an answer may take, in milliseconds; a restart waits for its connections to close. */
const ANSWER_MS = 20_000

/** Where this page is served: at the root, or behind a proxy in a folder of its own. */
const HERE = location.pathname.replace(/\/[^/]*$/, '')

export class Api {
  readonly #base: string
  readonly #token: string | undefined
  /** Told that the token does not count any more. */
  readonly #denied: () => void

  /** @param base what stands before each path */
  constructor(token: string | undefined, denied: () => void, base = HERE) {
    this.#base = base
    this.#token = token
    this.#denied = denied
  }

  /** The API of another gateway that this one can reach. */
  of(gateway: string): Api {
    return new Api(this.#token, this.#denied, `${this.#base}/gateways/${encodeURIComponent(gateway)}`)
  }

  get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.call('GET', path, options)
  }

  /**
   * Makes a call.
   * @returns the answer's JSON; that it is a T is the API's promise
   * @throws ApiProblem, or the signal's reason when it was aborted
   */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const { body, signal, takes = [] } = options
    const late = AbortSignal.timeout(ANSWER_MS)
    const response = await this.#fetch(path, {
      method,
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    })
    if (!response.ok && !takes.includes(response.status)) throw await problemOf(response)
    try {
      return (await response.json()) as T
    } catch (error) {
      if (signal?.aborted) throw error
      throw new ApiProblem('what answers here is no gateway, or it has broken off', response.status, error)
    }
  }

  /**
   * Opens a stream of server-sent events.
   * @throws ApiProblem
   */
  async open(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch(path, { signal, headers: { Accept: 'text/event-stream' } })
    if (!response.ok || response.body === null) throw await problemOf(response)
    return response.body
  }

  async #fetch(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    if (this.#token !== undefined) init.headers.Authorization = `Bearer ${this.#token}`
    let response: Response
    try {
      response = await fetch(this.#base + path, { ...init, cache: 'no-store' })
    } catch (error) {
      if (init.signal?.aborted && !isTimeout(init.signal.reason)) throw error
      throw new ApiProblem('the gateway does not answer', undefined, error)
    }
    if (response.status === 401) this.#denied()
    return response
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text()
  let detail: unknown
  try {
    detail = JSON.parse(text)?.detail
  } catch {
    // What stands between the gateway and this page has answered, in its own way.
    detail = undefined
  }
  const plain = `${response.status} ${response.statusText}`.trim()
  return new ApiProblem(typeof detail === 'string' ? detail : plain, response.status)
}

/** What to say of something that went wrong, or undefined when it was given up on purpose. */
export function faultText(error: unknown, signal?: AbortSignal): string | undefined {
  if (signal?.aborted) return undefined
  return error instanceof Error ? error.message : String(error)
}

/** A path with its query; what is undefined or empty is left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') given.set(name, String(value))
  }
  return given.size === 0 ? path : `${path}?${given}`
}
