/** HAProxy's file for the profile `cluster`, without Docker. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../support/gateway.ts'
import { missing } from '../support/needs.ts'
import { run } from './engine.ts'

const HAPROXY = '/usr/sbin/haproxy'

test('HAProxy takes its file, and has nothing to warn of', {
  skip: missing(HAPROXY, 'haproxy'),
}, async () => {
  const file = join(root, 'samples/cluster/haproxy/haproxy.cfg')
  const { code, out, err } = await run(HAPROXY, ['-c', '-f', file])
  assert.equal(code, 0, err)
  assert.doesNotMatch(out + err, /WARNING|ALERT/)
})
