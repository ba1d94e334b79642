/**
 * A stock ticker, pushed by the application (samples/ticker/app.mjs). A client says which stocks it wants,
 * ["ACME", "INIT"], and gets their last prices at once, then each new one: a stock is a group. Open
 * http://localhost:8081/ticker :
 *
 *   WS_GATEWAY_ID=ticker WS_PORT=10135 WS_LISTENER=listener/examples/ticker.ts npm start
 *   node samples/web.mjs ticker
 */
import type { Listener } from 'websocket-gateway'

export const onLoad: Listener['onLoad'] = gateway => {
  gateway.state.last ??= new Map()
}

export const onMessage: Listener['onMessage'] = (data, gateway) => {
  const { last } = gateway.state
  if (data.conn === undefined) {
    // A push: { stock: 'ACME', message: 42.5 }
    data.message = { stock: data.stock, price: data.message }
    data.groups = [String(data.stock)]
    last.set(data.stock, data.message)
    return
  }
  const wanted = JSON.parse(String(data.message))
  if (!Array.isArray(wanted)) throw new SyntaxError('no array')
  for (const stock of data.conn.groups) data.conn.leave(stock)
  for (const stock of wanted.slice(0, 100).map(String)) {
    if (/^[A-Z]{1,5}$/.test(stock)) data.conn.join(stock)
  }
  for (const stock of data.conn.groups) data.conn.send(last.get(stock))
  data.message = null
}

/** What a client sent was no list of stocks: it is told so, and nobody else is disturbed. */
export const onError: Listener['onError'] = (error, data) => {
  if (error instanceof SyntaxError) data?.conn?.send({ error: 'send the stocks that you want, as ["ACME"]' })
}
