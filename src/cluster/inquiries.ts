/** Questions to other nodes whose answers are waited for, for a moment. */
import { randomUUID } from 'node:crypto'
import { Problem } from '../problem.ts'

/** So long an answer is waited for. */
const ANSWER_MS = 2000

/** How an answer travels: the answer itself, or the problem that there was. */
interface Reply {
  readonly answer?: unknown
  readonly problem?: { readonly status: number; readonly detail: string }
}

interface Inquiry {
  readonly nodes: ReadonlySet<string>
  readonly replies: Map<string, Reply>
  done(): void
}

export class Inquiries {
  readonly #open = new Map<string, Inquiry>()

  /**
   * Waits for the answers of some nodes.
   * @param send asks them; told the id that answers name. When it rejects, nobody has been asked
   * @returns the answers of those that have answered in time
   * @throws Problem that one of them has answered with
   */
  async make(
    nodes: readonly string[],
    send: (id: string) => Promise<void>,
  ): Promise<ReadonlyMap<string, unknown>> {
    const id = randomUUID()
    const replies = new Map<string, Reply>()
    await new Promise<void>(resolve => {
      const late = setTimeout(done, ANSWER_MS)
      function done(): void {
        clearTimeout(late)
        resolve()
      }
      this.#open.set(id, { nodes: new Set(nodes), replies, done })
      send(id).catch(done)
    })
    this.#open.delete(id)
    const answers = new Map<string, unknown>()
    for (const [node, { answer, problem }] of replies) {
      if (problem !== undefined) throw new Problem(problem.status, problem.detail)
      answers.set(node, answer)
    }
    return answers
  }

  /** An answer has come. One that is late belongs to nothing any more. */
  take(id: string, node: string, text: string): void {
    const inquiry = this.#open.get(id)
    if (inquiry === undefined || !inquiry.nodes.has(node)) return
    inquiry.replies.set(node, JSON.parse(text) as Reply)
    if (inquiry.replies.size === inquiry.nodes.size) inquiry.done()
  }
}

/** What becomes of a question, as text. */
export async function replyText(answer: () => unknown): Promise<string> {
  try {
    return JSON.stringify({ answer: (await answer()) ?? null })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { status, detail } = error
    return JSON.stringify({ problem: { status, detail } })
  }
}
