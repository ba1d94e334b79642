/** What the listener's host needs of a log; pino's Logger is one. */
export interface ListenerLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
