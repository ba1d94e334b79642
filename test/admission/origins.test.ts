import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AllowedOrigins, originText } from '../../src/admission/origins.ts'

const list = ['https://example.com', 'https://*.example.org', 'http://localhost:3000', 'https://münchen.de/']

test('an origin is compared exactly, as a URL', () => {
  const origins = new AllowedOrigins(list)
  for (const good of [
    'https://example.com',
    'https://EXAMPLE.com',
    'https://a.example.org',
    'https://a.b.example.org',
    'http://localhost:3000',
    'https://xn--mnchen-3ya.de',
  ]) {
    assert.equal(origins.allows(good), true, good)
  }
  for (const bad of [
    'http://example.com',
    'https://example.com:8443',
    'https://example.com.evil.net',
    'https://evilexample.com',
    'https://www.example.com',
    'https://example.org',
    'https://evilexample.org',
    'https://a.example.org.evil.net',
    'https://evil.net/.example.org',
    'https://evil.net#.example.org',
    'https://user@a.example.org',
    'http://a.example.org',
    'https://a.example.org:8443',
    'http://localhost',
    'null',
    '',
    'https://',
    'https://example.com, https://evil.net',
    'file://',
    'example.com',
  ]) {
    assert.equal(origins.allows(bad), false, bad)
  }
})

test('a client without an origin is no browser; * takes any', () => {
  assert.equal(new AllowedOrigins(list).allows(undefined), true)
  assert.equal(new AllowedOrigins(['*']).allows('null'), true)
  assert.equal(new AllowedOrigins(['*']).allows('https://anything.example'), true)
})

test('what is no origin is no entry of the list', () => {
  for (const good of [
    '*',
    'https://example.com',
    'https://*.example.com',
    'http://[::1]:3000',
    'https://a.b:8443',
  ]) {
    assert.equal(originText.read(good), good)
  }
  for (const bad of [
    'example.com',
    'https://',
    'https://example.com/path',
    '*.example.com',
    'https://*',
    'https://a.*.com',
    'https://x@y.com',
    'data:text',
  ]) {
    assert.equal(originText.read(bad), undefined, bad)
  }
})
