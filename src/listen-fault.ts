/** Why a port cannot be listened on, in words that help. */

/** @param hostVariable the variable that names the address */
export function listenFault(
  host: string | null,
  port: number,
  error: NodeJS.ErrnoException,
  hostVariable: string,
): string {
  const where = host === null ? `port ${port}` : `${host} port ${port}`
  const why =
    error.code === 'EADDRINUSE'
      ? 'another process has it'
      : error.code === 'EACCES'
        ? 'this user may not (ports below 1024 need a right of their own)'
        : error.code === 'EADDRNOTAVAIL'
          ? `this machine has no such address (${hostVariable})`
          : error.message
  return `cannot listen on ${where}: ${why} (${error.code ?? error.name})`
}
