/** The manifests of docs/kubernetes.md fit Kubernetes, the gateway, and each other. */
import assert from 'node:assert/strict'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { must, run } from '../docker/engine.ts'
import { root, temporaryFolder, writeFiles } from '../support/gateway.ts'
import {
  containerOf,
  environmentOf,
  type Manifest,
  manifests,
  ofKind,
  one,
  podOf,
  services,
  several,
  single,
} from './manifests.ts'

const JOB = one('Job', 'say-hello')

test('each is there, and has only fields that Kubernetes knows', { timeout: 60_000 }, async t => {
  const checked = manifests.flatMap((manifest: Manifest) => {
    if (manifest.kind === undefined) return []
    // The second Deployment is a patch, and whole only with the first.
    return manifest.kind === 'Deployment' && manifest !== single ? [several] : [manifest]
  })
  assert.deepEqual(checked.map(({ kind }) => kind).sort(), [
    'ConfigMap',
    'Deployment',
    'Deployment',
    'Ingress',
    'Job',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'Service',
    'Service',
  ])
  const lines = checked.map(({ kind, apiVersion }, at) => {
    const group = apiVersion === 'v1' ? 'core/v1' : apiVersion?.replace('.k8s.io', '')
    return `export const m${at}: import('kubernetes-types/${group}').${kind} = ${JSON.stringify(checked[at])}`
  })
  const misspelt = JSON.stringify(single).replace('"livenessProbe"', '"livnessProbe"')
  const folder = temporaryFolder(t)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFiles(folder, {
    'good.ts': lines.join('\n'),
    'bad.ts': `export const m: import('kubernetes-types/apps/v1').Deployment = ${misspelt}`,
  })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const words = ['--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'bundler', '--types', '']
  const check = [tsc, '--ignoreConfig', ...words]
  await must(process.execPath, [...check, 'good.ts'], { cwd: folder })
  const bad = await run(process.execPath, [...check, 'bad.ts'], { cwd: folder })
  assert.match(bad.out, /livnessProbe/)
})

for (const [which, deployment] of [
  ['one replica', single],
  ['several replicas', several],
] as const) {
  test(`the settings of ${which} are good, and none deserves a warning`, t => {
    const folder = temporaryFolder(t)
    const { settings, warnings } = readConfig(environmentOf(containerOf(deployment), folder), folder)
    assert.deepEqual(warnings, [])
    const ports = containerOf(deployment).ports?.map(({ name, containerPort }) => [name, containerPort])
    assert.deepEqual(ports, [
      ['ws', settings.port],
      ['control', settings.controlPort],
    ])
    assert.notEqual(settings.controlHost, '127.0.0.1')
    const { terminationGracePeriodSeconds = 0 } = podOf(deployment)
    const [program, seconds] = containerOf(deployment).lifecycle?.preStop?.exec?.command ?? []
    assert.equal(program, 'sleep')
    assert.ok(terminationGracePeriodSeconds * 1000 > Number(seconds) * 1000 + settings.shutdownTimeoutMs)
    assert.equal(settings.redisUrl !== null, deployment.spec.replicas > 1)
    // Without Redis two at a time would be two gateways.
    assert.equal(deployment.spec.strategy.type === 'Recreate', deployment.spec.replicas === 1)
  })
}

test('the Pods get nothing that they do not need, and what they write to is mounted', t => {
  const folder = temporaryFolder(t)
  for (const manifest of [single, several, JOB]) {
    const pod = podOf(manifest)
    assert.equal(pod.enableServiceLinks, false)
    assert.equal(pod.automountServiceAccountToken, false)
    const { runAsNonRoot, runAsUser, runAsGroup, fsGroup } = pod.securityContext ?? {}
    assert.deepEqual([runAsNonRoot, runAsUser, runAsGroup, fsGroup], [true, 1000, 1000, 1000])
    const mounts = containerOf(manifest).volumeMounts ?? []
    assert.deepEqual(mounts.map(({ name }) => name).sort(), pod.volumes?.map(({ name }) => name).sort())
    for (const { configMap, secret } of pod.volumes ?? []) {
      if (configMap !== undefined) one('ConfigMap', configMap.name ?? '')
      // For the group alone, which is the process's.
      if (secret !== undefined) assert.deepEqual([secret.secretName, secret.defaultMode], ['gateway', 0o440])
    }
  }
  const { securityContext, volumeMounts = [] } = containerOf(single)
  assert.deepEqual(securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  const writable = volumeMounts.filter(mount => !mount.readOnly).map(mount => mount.mountPath)
  const [, volumes = '[]'] = /^VOLUME (.*)$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? []
  assert.deepEqual(writable.sort(), [...JSON.parse(volumes), '/tmp'].sort())
  const { settings } = readConfig(environmentOf(containerOf(single), folder), folder)
  const logs = podOf(single).volumes?.find(({ name }) => name === 'logs')?.emptyDir?.sizeLimit ?? ''
  assert.ok(settings.logMaxBytes > 0)
  assert.ok(settings.logMaxBytes * settings.logMaxFiles < Number.parseInt(logs, 10) * 2 ** 20, logs)
  // A file mounted by subPath is never updated.
  assert.ok(volumeMounts.every(mount => mount.subPath === undefined))
  assert.ok(volumeMounts.some(mount => mount.mountPath === '/app/listener'))
})

test('names, labels and ports agree', () => {
  const { labels } = single.spec.template.metadata
  const ports = (containerOf(single).ports ?? []).map(({ name }) => name)
  assert.deepEqual(single.spec.selector.matchLabels, labels)
  assert.deepEqual(
    services.map(service => service.metadata?.name),
    ['websocket', 'websocket-control'],
  )
  for (const { spec } of services) {
    assert.deepEqual(spec?.selector, labels)
    for (const { name, port, targetPort } of spec?.ports ?? []) {
      assert.equal(targetPort, name)
      assert.equal(port, containerOf(single).ports?.find(own => own.name === name)?.containerPort)
    }
  }
  const [ingress] = ofKind('Ingress')
  const [rule] = ingress?.spec.rules ?? []
  assert.deepEqual(rule.http.paths[0].backend.service, { name: 'websocket', port: { name: 'ws' } })
  assert.deepEqual(ingress?.spec.tls[0].hosts, [rule.host])
  const policy = one('NetworkPolicy', 'websocket').spec
  assert.deepEqual(policy.podSelector.matchLabels, labels)
  const allowed = policy.ingress.map((entry: { ports: { port: string }[] }) =>
    entry.ports.map(({ port }) => port),
  )
  assert.deepEqual(
    allowed,
    ports.map(port => [port]),
  )
  assert.deepEqual(policy.ingress[1].from[0].podSelector.matchLabels, JOB.spec.template.metadata.labels)
  assert.deepEqual(one('PodDisruptionBudget', 'websocket').spec.selector.matchLabels, labels)
  const [constraint] = podOf(several).topologySpreadConstraints ?? []
  assert.deepEqual(constraint?.labelSelector?.matchLabels, labels)
  const { readinessProbe } = containerOf(single)
  assert.ok(ports.includes(String(readinessProbe?.httpGet?.port)))
})

test("the proxy's patience outlasts two heartbeats", t => {
  const folder = temporaryFolder(t)
  const { settings } = readConfig(environmentOf(containerOf(single), folder), folder)
  const annotations = ofKind('Ingress')[0]?.metadata as { annotations: Record<string, string> } | undefined
  for (const name of ['proxy-read-timeout', 'proxy-send-timeout']) {
    const seconds = Number(annotations?.annotations[`nginx.ingress.kubernetes.io/${name}`])
    assert.ok(seconds * 1000 > 2 * settings.heartbeatMs, `${name} is ${seconds} s`)
  }
})

test('Prometheus asks the port of the control API, with its token', () => {
  const [config] = manifests.filter(manifest => manifest.kind === undefined)
  const [job] = config?.scrape_configs ?? []
  assert.equal(job.authorization.type, 'Bearer')
  assert.match(job.authorization.credentials_file, /\/control-token$/)
  const [keep] = job.relabel_configs
  assert.equal(keep.action, 'keep')
  assert.equal(keep.regex, `${single.spec.template.metadata.labels.app};control`)
})
