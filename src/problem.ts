/** An error that a user is told of as a problem document (RFC 9457). */
import { STATUS_CODES } from 'node:http'

/** Something that was asked for and is refused, with its HTTP status and what the asker can do about it. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  /** The status in words, the same for each occurrence. */
  readonly title: string
  /** What was wrong this time, and what is taken instead. */
  readonly detail: string
  /** Further members of the document. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    status: number,
    detail: string,
    members: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(detail, { cause })
    this.status = status
    this.title = titles[status] ?? STATUS_CODES[status] ?? 'Error'
    this.detail = detail
    this.members = members
  }

  /** The document, `application/problem+json`. */
  toJSON(): Record<string, unknown> {
    return {
      type: 'about:blank',
      title: this.title,
      status: this.status,
      detail: this.detail,
      ...this.members,
    }
  }
}

/** Where RFC 9110 has another word than Node. */
const titles: Readonly<Record<number, string>> = { 413: 'Content Too Large' }
