/** `POST /push`. */
import { operations } from '../document.ts'
import type { Case, Cases } from './case.ts'

const stream = { 'content-type': 'application/x-ndjson' }
const key = (text: string): Record<string, string> => ({ 'idempotency-key': text })
const long = (bytes: number): string => 'x'.repeat(bytes)

/** The examples of bodies are taken as they stand there. */
const examples = Object.fromEntries(
  Object.entries(operations.find(({ name }) => name === 'POST /push')?.requestBody?.content ?? {}).flatMap(
    ([type, { examples = {} }]) =>
      Object.entries(examples).map(([name, { value }]): [string, Case] => [
        `200 of ${name}`,
        s =>
          s.main.post('/push', typeof value === 'string' ? value : JSON.stringify(value), {
            'content-type': type,
          }),
      ]),
  ),
)

export const push: Cases = {
  'POST /push': {
    ...examples,
    '200 replayed': async s => {
      await s.main.post('/push', { message: 'paid' }, key('order-4711'))
      return s.main.post('/push', { message: 'paid' }, key('order-4711'))
    },
    '200 nodes': s => s.one.post('/push', { message: 'hello' }),
    '400 noJson': s => s.main.post('/push', '{"message":'),
    '400 noText': s => s.main.post('/push', Buffer.from([0xff, 0xfe])),
    '400 tooDeep': s => s.main.post('/push', `{"message":${'['.repeat(600)}${']'.repeat(600)}}`),
    '400 noObject': s => s.main.post('/push', [{ message: 1 }]),
    '400 noMessage': s => s.main.post('/push', {}),
    '400 conn': s => s.main.post('/push', { message: 1, conn: 'x' }),
    '400 noList': s => s.main.post('/push', { message: 1, connections: 'x' }),
    '400 noNames': s => s.main.post('/push', { message: 1, groups: ['cats', 7] }),
    '400 encoding': s => s.main.post('/push', { message: 'x', encoding: 'hex' }),
    '400 noBase64': s => s.main.post('/push', { message: '*', encoding: 'base64' }),
    '400 Idempotency-Key': s => s.main.post('/push', { message: 'x' }, key(long(256))),
    '400 keyOfStream': s => s.main.post('/push', '{"message":1}\n', { ...stream, ...key('a') }),
    '400 line': s => s.main.post('/push', '{"message":1,"users":["nobody"]}\n\n{}\n', stream),
    '400 unfit': s => s.away.post('/push', { message: 1, event: 'x' }),
    '409 stopped': s => s.disabled.post('/push', { message: 1 }),
    '409 streamStopped': s => s.disabled.post('/push', '{"message":1}\n', stream),
    '413 message': s => s.main.post('/push', { message: long(1001) }),
    '413 body': s => s.main.post('/push', { message: long(70_000) }),
    '413 line': s => s.main.post('/push', `{"message":1,"users":["nobody"]}\n${long(70_000)}\n`, stream),
    '415 type': s => s.main.post('/push', 'hello', { 'content-type': 'text/plain' }),
    '415 compressed': s => s.main.post('/push', { message: 1 }, { 'content-encoding': 'gzip' }),
    '422 otherBody': async s => {
      await s.main.post('/push', { message: 'a' }, key('order-4712'))
      return s.main.post('/push', { message: 'b' }, key('order-4712'))
    },
    '500 threw': s => s.main.post('/push', { message: 1, how: 'throw' }),
    '500 noList': s => s.main.post('/push', { message: 1, how: 'list' }),
    '503 noListener': s => s.bare.post('/push', { message: 1 }),
    '503 away': s => s.away.post('/push', { message: 1 }),
    '504 late': s => s.main.post('/push', { message: 1, how: 'hang' }),
  },
}
