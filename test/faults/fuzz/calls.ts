/** Calls of the control API that are wrong in some way, a few on each connection. None of them stops anything. */
import { type Attack, httpEnding } from './fleet.ts'
import type { Random } from './random.ts'

type Make = (random: Random) => Buffer

const JSON_TYPE = 'application/json'
const LINES_TYPE = 'application/x-ndjson'

function call(method: string, path: string, headers: readonly string[], body: Buffer | string = ''): Buffer {
  const lines = ['Host: gateway', ...headers].map(line => `${line}\r\n`)
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    Buffer.from(body),
  ])
}

function push(body: Buffer | string, type = JSON_TYPE, more: readonly string[] = []): Buffer {
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  return call('POST', '/push', [`Content-Type: ${type}`, length, ...more], body)
}

/** A body in chunks of any sizes. */
function chunked(random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const part = body.subarray(at, at + random.int(1, 30))
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
    at += part.length
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

function pushChunks(body: Buffer, type: string): Buffer {
  return call('POST', '/push', [`Content-Type: ${type}`, 'Transfer-Encoding: chunked'], body)
}

const VALUES = [
  'null',
  '0',
  '-1',
  '1e400',
  'true',
  '""',
  '"x"',
  '{}',
  '[]',
  '[null]',
  '[[]]',
  '[{"id":1}]',
  '[1,"x"]',
]
const BAD_JSON = [
  '',
  ' ',
  '{',
  '}',
  '{"message"}',
  '{"message":}',
  '{"message":1,}',
  "{'message':1}",
  '{"message":NaN}',
  '{"message":01}',
  '{"message":"\\ud800\\q"}',
  '{"message":"\n"}',
  '{"message":"\0"}',
  '\ufeff{"message":1',
  '{"message":1}{"message":2}',
  '// {"message":1}',
  'undefined',
]
const NO_PUSH = [
  'null',
  '1',
  '"x"',
  '[]',
  '[{"message":1}]',
  '{}',
  '{"Message":1}',
  '{"__proto__":{"message":1}}',
]
const BAD_BYTES = [
  '7b22ff',
  'c328',
  'efbbbf7b7d',
  '00000000',
  'fffe7b00',
  '1f8b0800',
  '7b226d657373616765223a22ed',
]

/** A text that is nearly base64: long, and wrong at its end only. */
const nearlyBase64 = (random: Random): string =>
  random.pick(['A', 'A-', 'A/', 'ab']).repeat(random.int(1, 400)) +
  random.pick(['!', '=', '===', '-/', '\u00e9'])

const deep = (random: Random): string => {
  const depth = random.int(10, 2000)
  return `${'['.repeat(depth)}${random.chance(0.5) ? ']'.repeat(depth) : ''}`
}

/** A push's body, or a stream's line, that is no push. */
const noPush: readonly ((random: Random) => Buffer)[] = [
  r => Buffer.from(r.pick(BAD_JSON)),
  r => Buffer.from(r.pick(NO_PUSH)),
  r => Buffer.from(r.pick(BAD_BYTES), 'hex'),
  r => Buffer.from(`{"message":"m","${r.pick(['connections', 'except'])}":${r.pick(VALUES)}}`),
  r => Buffer.from(`{"message":"m","encoding":${r.pick(VALUES)}}`),
  r => Buffer.from(`{"message":${r.pick(VALUES)},"encoding":"base64"}`),
  r => Buffer.from(`{"message":${JSON.stringify(nearlyBase64(r))},"encoding":"base64"}`),
  r => Buffer.from(`{"message":1,"conn":${r.pick(VALUES)}}`),
  r => Buffer.from(`{"message":${deep(r)},"connections":[]}`),
  r => Buffer.from(deep(r)),
  r => r.truncated(Buffer.from(`{"message":"${r.word()}","connections":["${r.word()}"]}`)),
  r => r.mutated(Buffer.from(`{"message":"${r.word()}","connections":["${r.word()}"]}`)),
  r => r.bytes(r.int(1, 200)),
]

/** Lines of which some are bad; the good ones reach nobody. */
function badLines(random: Random): Buffer {
  const lines: Buffer[] = []
  for (let left = random.int(1, 8); left > 0; left--) {
    const line = random.chance(0.5)
      ? Buffer.from('{"message":1,"connections":[]}')
      : random.pick(noPush)(random)
    lines.push(line, Buffer.from(random.pick(['\n', '\r\n', '\n\n', ' \n'])))
  }
  return Buffer.concat(lines)
}

const TYPES = [
  '',
  'text/plain',
  'application/jsonp',
  'application/json+x',
  ';',
  'multipart/form-data; boundary=',
  '\xff',
]
const ENCODINGS = ['gzip', 'br', 'identity, gzip', 'x', ',']
const PATHS = [
  '/',
  '//',
  '/Push',
  '/push/',
  '/connections/',
  '/connections/%',
  '/connections/%zz',
  '/connections/%00',
  '/connections/a/b',
  '/connections/../status/x',
  '/connections/__proto__',
  '/constructor',
  '/__proto__',
  '/toString',
  'http://a/none',
  '*',
  '/\x80\xff',
  '/connections?limit=0',
  '/connections?limit=-1',
  '/connections?limit=1e3',
  '/connections?limit=1001',
  '/connections?limit=%F0',
  '/connections?after=x',
  '/connections?after=-1&limit=5',
  '/connections?after=%00',
]
const METHODS = ['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'DELETE', 'HEAD', 'GET']

/** Answered, and the connection goes on. */
const answered: readonly Make[] = [
  r => push(r.pick(noPush)(r)),
  r => push(r.pick(noPush)(r)),
  r => push(badLines(r), LINES_TYPE),
  r => pushChunks(chunked(r, r.pick(noPush)(r)), JSON_TYPE),
  r => pushChunks(chunked(r, badLines(r)), LINES_TYPE),
  r => push('{"message":1}', r.pick(TYPES)),
  r => push('{"message":1}', JSON_TYPE, [`Content-Encoding: ${r.pick(ENCODINGS)}`]),
  () => push('{"message":', JSON_TYPE, ['Expect: 100-continue']),
  r => call(r.pick(METHODS), r.pick(PATHS), []),
  r => call(r.pick(METHODS), `/${r.word()}/${r.word()}`, ['Content-Length: 3'], 'abc'),
  r => call(r.pick(['GET', 'PUT', 'DELETE']), r.pick(['/stop', '/restart', '/reload', '/push']), []),
  r => call('DELETE', `/connections/${r.word()}?code=${r.pick(['1', '1006', 'x', '99999', ''])}`, []),
  r => call('POST', r.pick(['/status', '/health', '/connections']), ['Content-Length: 2'], '{}'),
]

const LENGTHS = [
  '-1',
  '+5',
  'abc',
  '1e9',
  '5,5',
  '0x10',
  '',
  '99999999999999999999',
  '9007199254740993',
  '4000000',
]
const BROKEN_CHUNKS = [
  'zz\r\nabc\r\n',
  '-1\r\nabc\r\n',
  '3\r\nabcdef\r\n',
  '3\nabc\n0\n\n',
  '5\r\nabc',
  'fffffffffffffffff\r\nabc',
  '3;\0\r\nabc\r\n0\r\n\r\n',
  `3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`,
  '0\r\nno colon\r\n\r\n',
  '{"message":1}',
  '\r\n',
]
const LINES = [
  'no colon',
  ': y',
  'X : y',
  ' folded',
  'X: \0',
  'X: a\rb',
  'Transfer-Encoding: x',
  'Expect: tea',
]

/** Refused by node:http, or broken off: the end of the connection. */
const refused: readonly Make[] = [
  r =>
    call(
      'POST',
      '/push',
      [`Content-Type: ${JSON_TYPE}`, `Content-Length: ${r.pick(LENGTHS)}`],
      '{"message":',
    ),
  () => call('POST', '/push', ['Content-Length: 3', 'Content-Length: 4'], 'abcd'),
  () => call('POST', '/push', ['Content-Length: 3', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  r => pushChunks(Buffer.from(r.pick(BROKEN_CHUNKS)), r.pick([JSON_TYPE, LINES_TYPE])),
  r => pushChunks(r.mutated(chunked(r, badLines(r))), LINES_TYPE),
  r => pushChunks(r.truncated(chunked(r, badLines(r))), r.pick([JSON_TYPE, LINES_TYPE])),
  r => r.truncated(push('{"message":"m","connections":[]}')),
  r => r.mutated(push('{"message":"m","connections":[]}')),
  r => call(r.pick(['push', 'P0ST', '', 'POST POST', '\x80']), '/push', []),
  r => call('GET', '/status', [r.pick(LINES)]),
  r => call('GET', '/status', [`X-Huge: ${'h'.repeat(r.int(15_000, 40_000))}`]),
  r =>
    call('GET', '/status', ['Connection: Upgrade', `Upgrade: ${r.pick(['websocket', 'h2c'])}`], r.bytes(9)),
  () => call('CONNECT', 'gateway:80', []),
  r => r.bytes(r.int(1, 400)),
]

/** In most connections many that are answered come before one that ends it. */
export function calls(random: Random): Attack {
  const inputs: Buffer[] = []
  for (let left = random.int(0, 14); left > 0; left--) inputs.push(random.pick(answered)(random))
  inputs.push(random.pick(refused)(random))
  return { pieces: random.pieces(Buffer.concat(inputs)), inputs: inputs.length, ending: httpEnding(random) }
}
