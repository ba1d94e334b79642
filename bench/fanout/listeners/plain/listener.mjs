// A hook that decides who gets a message: on /echo the sender alone, else everyone.
export function onMessage(data) {
  if (data.conn?.request.path === '/echo') data.connections = [data.conn]
}
