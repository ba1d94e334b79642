/** The longest path of a Unix socket, in bytes: sun_path of unix(7) has 108, with a zero at the end. */
export const LONGEST_SOCKET_PATH = 107
