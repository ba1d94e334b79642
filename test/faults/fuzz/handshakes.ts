/** Handshakes that are wrong in some way, a few on each TCP connection. */
import { type Attack, httpEnding } from './fleet.ts'
import type { Random } from './random.ts'

type Make = (random: Random) => Buffer

const key = (random: Random): string => random.bytes(16).toString('base64')

/** The head of a good handshake, with some headers replaced (by several, or by none) and some added. */
function head(random: Random, change: Record<string, readonly string[]> = {}, first?: string): Buffer {
  const good: Record<string, readonly string[]> = {
    Host: ['gateway'],
    Upgrade: ['websocket'],
    Connection: ['Upgrade'],
    'Sec-WebSocket-Key': [key(random)],
    'Sec-WebSocket-Version': ['13'],
  }
  const lines = Object.entries({ ...good, ...change }).flatMap(([name, values]) =>
    values.map(value => `${name}: ${value}\r\n`),
  )
  return Buffer.from(`${first ?? `GET /${random.word()} HTTP/1.1`}\r\n${lines.join('')}\r\n`, 'latin1')
}

const METHODS = [
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'PATCH',
  'PROPFIND',
  'PURGE',
  'M-SEARCH',
]
const TARGETS = [
  '*',
  '//',
  '/%',
  '/%zz%00',
  '/?',
  '/#a#b',
  '/../../etc/passwd',
  'http://',
  'http://a/b?c',
  'ws://[::1',
  '/\x80\xff',
  '/healthz?x',
  '/healthz/',
  '/a?b=%E0%A4%A',
  '/{}|\\^`"<>',
  '/__proto__',
]

/** No upgrade, as node:http sees it: it is answered, and the connection goes on. */
const answered: readonly Make[] = [
  r => head(r, { Upgrade: [] }),
  r => head(r, { Connection: [] }),
  r => head(r, { Connection: [r.pick(['keep-alive', 'upgrad', ',,;', '"Upgrade"', 'Up grade'])] }),
  r => head(r, { Upgrade: [], Connection: [] }, `${r.pick(METHODS)} /${r.word()} HTTP/1.1`),
  r => head(r, { Upgrade: [], Connection: [] }, `GET ${r.pick(TARGETS)} HTTP/1.1`),
  r => head(r, { Upgrade: [], Connection: [] }, `GET /${'a/'.repeat(r.int(1, 2000))}?${r.word()} HTTP/1.1`),
  r => head(r, { Upgrade: [], Expect: ['100-continue'], 'Content-Length': ['0'] }),
  r =>
    Buffer.concat([
      head(r, { Upgrade: [], Connection: [], 'Transfer-Encoding': ['chunked'] }, 'POST / HTTP/1.1'),
      Buffer.from('3;a="b"\r\nabc\r\n0\r\nX-Trailer: y\r\n\r\n'),
    ]),
  r => head(r, { Upgrade: [], [`X-${r.word()}`]: [r.word(3000)], Cookie: [r.bytes(40).toString('base64')] }),
]

const BAD_KEYS = [
  '',
  ' ',
  'x',
  '====',
  'AAAAAAAAAAAAAAAAAAAAAA=',
  'AAAAAAAAAAAAAAAAAAAAAA===',
  '\xff'.repeat(24),
]
const BAD_VERSIONS = ['', '0', '7', '12', '14', '-13', '13.0', '13, 8', '0x0d', '13 13', '9'.repeat(400)]
const PROTOCOLS = [',', 'a,a', 'a,,b', 'a b', '"a"', ';', '\x80', 'bearer', 'bearer,', ',bearer,a.b.c', '()']
const EXTENSIONS = [
  ';',
  'permessage-deflate;;',
  'permessage-deflate; server_max_window_bits=99',
  'x; y="',
  ', ,',
]
const FIRST_LINES = [
  '',
  'GET',
  'GET /',
  'GET / HTTP/1.0',
  'GET / HTTP/2.0',
  'GET / HTTP/9.9',
  'GET / HTTP/1.1 x',
  'GET / HTTPS/1.1',
  'get / HTTP/1.1',
  ' GET / HTTP/1.1',
  'GET\t/\tHTTP/1.1',
  'GET  / HTTP/1.1',
  'BREW / HTTP/1.1',
  'PRI * HTTP/2.0',
  'CONNECT gateway:443 HTTP/1.1',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
]
const LENGTHS = ['-1', '+5', 'abc', '1e9', '5,5', '0x10', '', '99999999999999999999', '18446744073709551616']
const LINES = [
  'no colon',
  ': no name',
  'X : y',
  ' folded',
  'X: \0',
  'X: a\rb',
  'X\x80: y',
  'Host: a\nX: y',
  'Expect: tea',
]

/** Refused, and mostly the end of the connection. */
const refused: readonly Make[] = [
  r => head(r, { 'Sec-WebSocket-Key': [r.pick(BAD_KEYS)] }),
  r => head(r, { 'Sec-WebSocket-Key': [] }),
  r => head(r, { 'Sec-WebSocket-Key': [key(r), key(r)] }),
  r => head(r, { 'Sec-WebSocket-Key': [r.bytes(r.int(0, 40)).toString('base64')] }),
  r => head(r, { 'Sec-WebSocket-Version': [r.pick(BAD_VERSIONS)] }),
  r => head(r, { 'Sec-WebSocket-Version': [] }),
  r => head(r, { 'Sec-WebSocket-Version': ['13', '8'] }),
  r => head(r, { Upgrade: [r.pick(['h2c', 'websocket2', 'web socket', '', 'websocket, h2c', 'TLS/1.0'])] }),
  r => head(r, { Upgrade: ['websocket', 'websocket'] }),
  r => head(r, { 'Sec-WebSocket-Protocol': [r.pick(PROTOCOLS), r.pick(PROTOCOLS)] }),
  r => head(r, { 'Sec-WebSocket-Protocol': [`${r.word()},`.repeat(r.int(1, 900))] }),
  r => head(r, { 'Sec-WebSocket-Extensions': [r.pick(EXTENSIONS)], 'Sec-WebSocket-Version': ['8'] }),
  r => head(r, { Origin: [r.pick(['null', '', 'http://', '\xff', 'a'.repeat(4000)])], Host: [] }),
  r => head(r, { 'X-Forwarded-For': [r.pick(['', ',', '::', '1.2.3.4.5', '[', 'x'.repeat(2000)])] }),
  r => head(r, { Host: r.pick([[], ['a', 'b'], [''], ['\x7f'], ['[::']]) }),
  r => head(r, {}, r.pick(FIRST_LINES)),
  r => head(r, {}, `GET ${r.pick(TARGETS)} HTTP/1.1`),
  r => head(r, {}, `${r.pick(METHODS)} / HTTP/1.1`),
  r => head(r, { 'Content-Length': [r.pick(LENGTHS)] }),
  r => head(r, { 'Content-Length': ['3', '4'] }),
  r => head(r, { 'Content-Length': ['5'], 'Transfer-Encoding': ['chunked'] }),
  r =>
    head(r, {
      Upgrade: [],
      'Transfer-Encoding': [r.pick(['gzip', 'chunked, gzip', 'chunked, chunked', 'x'])],
    }),
  r => head(r, { [r.word()]: [r.word()], 'X-Huge': ['h'.repeat(r.int(15_000, 40_000))] }),
  r =>
    head(
      r,
      Object.fromEntries(
        Array.from({ length: r.chance(0.1) ? 2500 : r.int(50, 300) }, (_, i) => [`h${i}`, ['']]),
      ),
    ),
  r =>
    Buffer.from(
      head(r)
        .toString('latin1')
        .replace('\r\n', `\r\n${r.pick(LINES)}\r\n`),
      'latin1',
    ),
  r =>
    Buffer.from(
      head(r)
        .toString('latin1')
        .replaceAll('\r\n', r.pick(['\n', '\r', '\n\r'])),
      'latin1',
    ),
  r => Buffer.concat([head(r), r.bytes(r.int(1, 200))]),
  r => r.mutated(head(r)),
  r => r.mutated(head(r)),
  r => r.truncated(head(r)),
  r => r.bytes(r.int(1, 400)),
]

/** In most connections a few that are answered come before one that ends it. */
export function handshakes(random: Random): Attack {
  const inputs: Buffer[] = []
  for (let left = random.int(0, 6); left > 0; left--) inputs.push(random.pick(answered)(random))
  inputs.push(random.pick(refused)(random))
  return { pieces: random.pieces(Buffer.concat(inputs)), inputs: inputs.length, ending: httpEnding(random) }
}
