/** The nodes of a cluster in the console. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noBrowser } from '../support/browser.ts'
import { connect } from '../support/client.ts'
import { joined, nodeId, startNode } from '../support/cluster.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { controlled, openPage, signIn } from './console.ts'

test('the console shows the nodes of a cluster, acts on each, and lists the connections of all', {
  skip: noBrowser || withoutRedis,
}, async t => {
  const redis = await startRedis(t)
  // Nobody is given up here: with a browser beside them, nodes may be slow.
  const patient = { WS_NODE_TIMEOUT_MS: '30000' }
  const [here, there] = await Promise.all([
    startNode(t, redis, { env: { ...controlled().env, ...patient } }),
    startNode(t, redis, { env: patient }),
  ])
  await joined([here, there])
  const other = await nodeId(there)
  const anna = await connect(t, `${here.url}/?user=anna&group=cats`)
  const ben = await connect(t, `${there.url}/?user=ben&group=cats`)
  const opened = await openPage(t, here)
  const { page, faults } = opened
  await signIn(opened)
  const nodes = page.getByRole('region', { name: 'Nodes of the cluster' }).locator('tbody tr')
  const row = nodes.filter({ hasText: other })
  await row.getByText('running').waitFor()
  await opened.has(2, nodes)
  await nodes.filter({ hasText: '(this one)' }).getByText('running').waitFor()
  await opened.says(/^Backplane joined: /)
  await opened.isAccessible('the overview of a cluster')

  await opened.go('Connections')
  await opened.says('Page 1: 1 shown')
  await page.getByLabel('All nodes of the cluster').check()
  await opened.says('Page 1: 2 shown')
  await page.getByRole('cell', { name: other, exact: true }).waitFor()
  assert.match(page.url(), /scope=cluster/)
  await page.reload()
  await opened.says('Page 1: 2 shown')
  await opened.isAccessible('the connections of a cluster')
  await opened.go('Groups')
  await page.getByRole('link', { name: 'cats', exact: true }).click()
  await opened.says('Page 1: 2 users, 2 connections')

  await opened.go('Overview')
  await row.getByRole('button', { name: `Reload node ${other}` }).click()
  await opened.says(`Node ${other} has been told: reload.`)
  await there.line(line => line.event === 'listener.load' && line.generation === 2)
  await row.getByRole('button', { name: `Restart node ${other}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click()
  assert.equal((await ben.closed).code, 1012)
  await joined([here, there])
  await row.getByText('running').waitFor()
  await row.getByRole('button', { name: `Stop node ${other}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await row.getByRole('button', { name: `Stop node ${other}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click()
  await opened.has(1, nodes)
  await anna.close()
  assert.deepEqual(faults, [])
})
