/** The dashboard of docs, and what its panels ask Prometheus. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/gateway.ts'

export interface Source {
  readonly type: string
  readonly uid: string
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: Source
  readonly targets?: readonly { readonly refId: string; readonly datasource: Source; readonly expr: string }[]
}

export interface Dashboard {
  readonly id: null
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { name: string; type: string; definition?: string }[] }
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(join(root, 'docs/grafana/dashboard.json'), 'utf8'))
}

export function dashboardQueries(): { readonly title: string; readonly expr: string }[] {
  return readDashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr })),
  )
}
