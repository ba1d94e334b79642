import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKey, networkText, TrustedProxies } from '../../src/admission/networks.ts'

test('without trusted proxies nobody is believed', () => {
  const proxies = new TrustedProxies([])
  assert.deepEqual(proxies.origination('10.0.0.1', false, '1.2.3.4', 'https'), {
    ip: '10.0.0.1',
    secure: false,
  })
})

test("X-Forwarded-For is followed from its end to the first address that is no trusted proxy's", () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '::1', 'fd00::/8'])
  const ip = (peer: string, forwarded: string | undefined) =>
    proxies.origination(peer, false, forwarded, undefined).ip
  assert.equal(ip('192.0.2.9', '1.2.3.4'), '192.0.2.9', 'not from a proxy')
  assert.equal(ip('10.0.0.1', '1.2.3.4'), '1.2.3.4')
  assert.equal(ip('10.0.0.1', '6.6.6.6, 1.2.3.4'), '1.2.3.4', 'what the client made up does not count')
  assert.equal(ip('10.0.0.1', '6.6.6.6, 1.2.3.4, 10.9.9.9'), '1.2.3.4', 'two proxies')
  assert.equal(ip('10.0.0.1', '10.0.0.5'), '10.0.0.5', 'a client within the network')
  assert.equal(ip('10.0.0.1', 'unknown'), '10.0.0.1')
  assert.equal(ip('10.0.0.1', '1.2.3.4, unknown'), '10.0.0.1')
  assert.equal(ip('10.0.0.1', undefined), '10.0.0.1')
  assert.equal(ip('::1', '[2001:db8::7]:5555'), '2001:db8::7')
  assert.equal(ip('fd12::3', '1.2.3.4:5678'), '1.2.3.4')
  assert.equal(ip('10.0.0.1', '::ffff:1.2.3.4'), '1.2.3.4')
})

test('X-Forwarded-Proto says whether the client speaks TLS, from a trusted proxy alone', () => {
  const proxies = new TrustedProxies(['10.0.0.1'])
  const secure = (peer: string, proto: string | undefined, own = false) =>
    proxies.origination(peer, own, undefined, proto).secure
  assert.equal(secure('10.0.0.1', 'https'), true)
  assert.equal(secure('10.0.0.1', 'WSS'), true)
  assert.equal(secure('10.0.0.1', 'http', true), false)
  assert.equal(secure('10.0.0.1', undefined, true), true)
  assert.equal(secure('10.0.0.2', 'https'), false)
})

test('an IPv6 address counts as its /64 network', () => {
  assert.equal(addressKey('192.0.2.1'), '192.0.2.1')
  assert.equal(addressKey('2001:db8:1:2:3:4:5:6'), addressKey('2001:0db8:0001:0002::9'))
  assert.notEqual(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:3::1'))
  assert.equal(addressKey('::1'), '0:0:0:0::/64')
  assert.equal(addressKey('2001:db8::'), addressKey('2001:db8:0:0:ffff::1'))
  assert.equal(addressKey('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64')
  assert.equal(addressKey('fe80::1%eth0'), 'fe80:0:0:0::/64')
})

test('networks are addresses with a prefix length', () => {
  for (const good of ['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8']) {
    assert.equal(networkText.read(good), good)
  }
  for (const bad of ['10.0.0', '10.0.0.0/33', 'fd00::/129', 'nginx', '10.0.0.0/', '/8', '1.2.3.4/x']) {
    assert.equal(networkText.read(bad), undefined, bad)
  }
})
