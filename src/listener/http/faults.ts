/** How an event can fail without the application having answered it. */

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
}
