/**
 * The listener: who gets what. Save this file, and the change is in use within a second; no connection drops.
 * More of them to start from are in listener/examples.
 */
import type { Listener } from 'websocket-gateway'

/** Called for each message of a client, and for each push of your application. As it stands, everyone gets it. */
export const onMessage: Listener['onMessage'] = _data => {
  // _data.message = `${_data.message} (seen by the gateway)`   changes what is sent
  // _data.except = [_data.conn]                                leaves the sender out
  // _data.connections = []                                     sends to these alone, here to nobody
}
