/** Answers the sender: what application.mjs does, as a listener's file. */
export function onMessage(data) {
  data.connections = [data.conn]
}
