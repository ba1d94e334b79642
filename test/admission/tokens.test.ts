import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose'
import { type TokenOptions, tokenVerifier } from '../../src/admission/tokens.ts'
import { KeysUnavailable, TokenError } from '../../src/admission/verified.ts'

const none: TokenOptions = {
  jwtSecret: null,
  jwtPublicKey: null,
  jwtJwksUrl: null,
  jwtIssuer: null,
  jwtAudience: null,
  jwtGroupsClaim: null,
}
const secret = 'a secret that is long enough for HS256'
const bytes = new TextEncoder().encode(secret)

function verifier(options: Partial<TokenOptions>) {
  const made = tokenVerifier({ ...none, ...options })
  assert.ok(made)
  return made
}

function sign(key: KeyObject | Uint8Array, alg: string, claims: Record<string, unknown> = {}, kid?: string) {
  const header = kid === undefined ? { alg } : { alg, kid }
  return new SignJWT({ sub: 'anna', ...claims }).setProtectedHeader(header).sign(key)
}

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()
const now = (): number => Math.floor(Date.now() / 1000)

test('nobody needs a token where no key is set', () => {
  assert.equal(tokenVerifier(none), undefined)
})

test('a good token gives its claims, its user and its end', async () => {
  const exp = now() + 60
  const got = await verifier({ jwtSecret: secret }).verify(await sign(bytes, 'HS256', { exp, role: 'admin' }))
  assert.equal(got.user, 'anna')
  assert.equal(got.claims.role, 'admin')
  assert.equal(got.expiresAt, exp * 1000)
  const endless = await verifier({ jwtSecret: secret }).verify(await sign(bytes, 'HS512'))
  assert.equal(endless.expiresAt, Infinity)
})

test('what does not count is refused, and the message holds nothing of the token', async () => {
  const checks = verifier({ jwtSecret: secret, jwtIssuer: ['me'], jwtAudience: ['chat', 'news'] })
  const good = { iss: 'me', aud: 'news' }
  assert.ok(await checks.verify(await sign(bytes, 'HS256', good)))
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const valid = await sign(bytes, 'HS256', good)
  const [head = '', body = '', signature = ''] = valid.split('.')
  const bad = [
    await sign(bytes, 'HS256', { ...good, exp: now() - 1 }),
    await sign(bytes, 'HS256', { ...good, nbf: now() + 600 }),
    await sign(bytes, 'HS256', { ...good, iss: 'you' }),
    await sign(bytes, 'HS256', { ...good, aud: 'other' }),
    await sign(bytes, 'HS256', {}),
    await sign(new TextEncoder().encode('another secret, just as long as that'), 'HS256', good),
    await sign(rsa.privateKey, 'RS256', good),
    new UnsecuredJWT({ sub: 'anna', ...good }).encode(),
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`,
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.${signature}`,
    `${head}.${body}.`,
    `${head}.${Buffer.from('{"sub":"root"}').toString('base64url')}.${signature}`,
    'garbage',
    '..',
    '',
    'a.b.c',
    'x'.repeat(10_000),
  ]
  for (const token of bad) {
    await assert.rejects(checks.verify(token), (error: Error) => {
      assert.ok(error instanceof TokenError, String(error.stack))
      for (const part of token.split('.').filter(p => p.length > 8)) assert.ok(!error.message.includes(part))
      return true
    })
  }
})

test('a public key is never taken for a secret, and the algorithm follows from the kind of key', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ed = generateKeyPairSync('ed25519')
  for (const [pair, algorithms] of [
    [rsa, ['RS256', 'PS384']],
    [ec, ['ES256']],
    [ed, ['EdDSA']],
  ] as const) {
    const checks = verifier({ jwtPublicKey: pem(pair.publicKey) })
    for (const alg of algorithms) {
      assert.equal((await checks.verify(await sign(pair.privateKey, alg))).user, 'anna')
    }
    const asSecret = new TextEncoder().encode(pem(pair.publicKey))
    await assert.rejects(checks.verify(await sign(asSecret, 'HS256')), TokenError)
    await assert.rejects(checks.verify(new UnsecuredJWT({ sub: 'anna' }).encode()), TokenError)
  }
  await assert.rejects(
    verifier({ jwtPublicKey: pem(ec.publicKey) }).verify(await sign(rsa.privateKey, 'RS256')),
  )
})

test('keys at a URL: found by their id or tried in turn; when they cannot be had, that is not the token', async t => {
  const old = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const fresh = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let status = 200
  const keys = [await exportJWK(old.publicKey), { ...(await exportJWK(fresh.publicKey)), kid: 'fresh' }]
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify({ keys }))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  const checks = verifier({ jwtJwksUrl: url })
  assert.equal((await checks.verify(await sign(fresh.privateKey, 'ES256', {}, 'fresh'))).user, 'anna')
  assert.equal((await checks.verify(await sign(old.privateKey, 'ES256'))).user, 'anna')
  await assert.rejects(checks.verify(await sign(foreign.privateKey, 'ES256')), TokenError)
  await assert.rejects(checks.verify(await sign(foreign.privateKey, 'ES256', {}, 'unknown')), TokenError)
  await assert.rejects(checks.verify(await sign(bytes, 'HS256')), TokenError)
  status = 500
  const broken = verifier({ jwtJwksUrl: url })
  await assert.rejects(broken.verify(await sign(old.privateKey, 'ES256')), KeysUnavailable)
  const nobody = verifier({ jwtJwksUrl: 'http://127.0.0.1:1/jwks.json' })
  await assert.rejects(nobody.verify(await sign(old.privateKey, 'ES256')), KeysUnavailable)
})
