/**
 * One way only, as for prices or news: what the application pushes goes to those who asked for its topic, and a
 * newcomer gets the last value at once. A client sends what it wants to hear of: ["gold", "silver"]. The
 * application: gateway push --data '{"topic": "gold", "message": {"price": 42}}'
 */
import type { Listener } from 'websocket-gateway'

export const onLoad: Listener['onLoad'] = gateway => {
  gateway.state.last ??= new Map()
}

export const onMessage: Listener['onMessage'] = (data, gateway) => {
  const { last } = gateway.state
  if (data.conn) {
    const topics = JSON.parse(String(data.message))
    if (!Array.isArray(topics)) throw new SyntaxError('no array')
    data.conn.state.topics = new Set(topics)
    for (const topic of data.conn.state.topics) data.conn.send(last.get(topic))
    data.message = null
  } else {
    data.message = { topic: data.topic, value: data.message }
    last.set(data.topic, data.message)
    data.connections = [...gateway.connections].filter(c => c.state.topics?.has(data.topic))
  }
}

/** What a client sent was no list of topics: it is told so, and nobody else is disturbed. */
export const onError: Listener['onError'] = (error, data) => {
  if (error instanceof SyntaxError) data?.conn?.send({ error: 'send the topics that you want, as ["gold"]' })
}
