/** The one table of variables, and the settings that it makes. */
import type { Variable } from './variable.ts'
import { access } from './variables/access.ts'
import { cluster } from './variables/cluster.ts'
import { limits } from './variables/limits.ts'
import { service } from './variables/service.ts'

/** The table. A new variable is added to one of these files, and nowhere else. */
export const variables = { ...service, ...access, ...limits, ...cluster } as const

type Table = typeof variables
type Value<V> = V extends Variable<infer T> ? T : never

/** The settings in force: one value for each variable of the table. */
export type Settings = { readonly [K in keyof Table]: Value<Table[K]> }
