/** How an event can fail. */

/** The application was not there for as long as the event may take. */
export class Away extends Error {
  override readonly name = 'Away'
}

/** It was there, and took longer than the event may take. */
export class Late extends Error {
  override readonly name = 'Late'
}

/** The gateway stops. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** Too many events wait for the application. */
export class LineFull extends Error {
  override readonly name = 'LineFull'
}

/** Whoever waited for the answer has gone. */
export class NotWanted extends Error {
  override readonly name = 'NotWanted'

  constructor() {
    super('whoever waited for the answer has gone')
  }
}

/** The application did not answer: it may do so a moment later. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  /** Whether nobody listens there; else it has broken off. */
  readonly isAbsent: boolean

  constructor(message: string, isAbsent: boolean, cause: unknown) {
    super(message, { cause })
    this.isAbsent = isAbsent
  }
}

/** What came back is no HTTP, or too much of it. */
export class ReplyFault extends Error {
  override readonly name = 'ReplyFault'
}

/** An answer that cannot be used: the application's fault, which trying again would not mend. */
export class AnswerFault extends Error {
  override readonly name = 'AnswerFault'
}
