/** The manifests of docs/kubernetes.md. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConfigMap, Container, PodSpec, Service } from 'kubernetes-types/core/v1.js'
import { parseAllDocuments } from 'yaml'
import { root } from '../support/gateway.ts'
import { codeBlocks } from '../support/markdown.ts'

export const page = readFileSync(join(root, 'docs/kubernetes.md'), 'utf8')

export interface Manifest {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: { readonly name?: string }
  // Read by assertions, and checked by the types of Kubernetes as a whole.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly [key: string]: any
}

/** All of them, in their order. Kubernetes reads YAML 1.1: 0440 is octal, and `yes` is true. */
export const manifests: readonly Manifest[] = codeBlocks(page, 'yaml').flatMap(block =>
  parseAllDocuments(block, { version: '1.1', strict: true, uniqueKeys: true }).map(document => {
    assert.deepEqual([...document.errors, ...document.warnings], [])
    return document.toJS() as Manifest
  }),
)

/** Those of a kind. */
export function ofKind(kind: string): Manifest[] {
  return manifests.filter(manifest => manifest.kind === kind)
}

/** The one of a kind and name. */
export function one(kind: string, name: string): Manifest {
  const found = ofKind(kind).filter(manifest => manifest.metadata?.name === name)
  assert.equal(found.length, 1, `docs/kubernetes.md has ${found.length} of ${kind} ${name}`)
  return found[0] ?? {}
}

/** The Deployment, and what changes it for several replicas. */
const [deployment = {}, patch = {}] = ofKind('Deployment')
export const single = deployment
export const several = patched(deployment, patch) as Manifest

export const listener = one('ConfigMap', 'listener') as ConfigMap
export const services = ofKind('Service') as Service[]

export function podOf(manifest: Manifest): PodSpec {
  return manifest.spec.template.spec
}

export function containerOf(manifest: Manifest): Container {
  const [container, ...others] = podOf(manifest).containers
  assert.deepEqual(others, [])
  assert.ok(container)
  return container
}

/** The keys and values that the page's `kubectl create secret` makes; new random ones in each run. */
export const secret: Readonly<Record<string, string>> = createSecret()

function createSecret(): Record<string, string> {
  const command = codeBlocks(page, 'sh').find(block =>
    block.startsWith('kubectl create secret generic gateway'),
  )
  assert.ok(command)
  const words = execFileSync('/bin/sh', ['-ec', `kubectl() { printf '%s\\n' "$@"; }\n${command}`], {
    encoding: 'utf8',
  })
  const given = words.split('\n').flatMap(word => {
    const [, key, value] = /^--from-literal=([^=]+)=(.*)$/.exec(word) ?? []
    return key === undefined || value === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(given)
}

/** The environment of a container, its secrets as files in a folder of this machine. */
export function environmentOf(container: Container, folder: string): Record<string, string> {
  return Object.fromEntries(
    (container.env ?? []).map(({ name, value = '' }) => {
      if (!name.endsWith('_FILE')) return [name, value]
      const key = value.replace(/^\/secrets\//, '')
      assert.ok(Object.hasOwn(secret, key), `${name}: the secret has no ${key}`)
      writeFileSync(join(folder, key), secret[key] ?? '')
      return [name, join(folder, key)]
    }),
  )
}

/** As `kubectl patch` does it by default: objects key by key, lists of what has a name by name, other lists as a whole. */
function patched(value: unknown, by: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(by) && by.every(isNamed)) {
    const rest = by.filter(item => !value.some(old => isNamed(old) && old.name === item.name))
    const changed = value.map(old => {
      const item = by.find(candidate => isNamed(old) && old.name === candidate.name)
      return item === undefined ? old : patched(old, item)
    })
    return [...changed, ...rest]
  }
  if (!isObject(value) || !isObject(by)) return by
  const changed = Object.entries(by).map(([key, item]) => [key, patched(value[key], item)])
  return { ...value, ...Object.fromEntries(changed) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNamed(value: unknown): value is { readonly name: string } {
  return isObject(value) && typeof value.name === 'string'
}
