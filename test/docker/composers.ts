/** Each Compose that is here: the plugin (v2) and docker-compose (1.29). */
import { spawnSync } from 'node:child_process'
import { noEngine } from './engine.ts'

export const composers = [['docker', 'compose'], ['docker-compose']].filter(
  ([program = '', ...words]) => spawnSync(program, [...words, 'version']).status === 0,
)

/** In CI one of them must be there. */
export const noCompose =
  noEngine ||
  (composers.length === 0 &&
    process.env.CI !== 'true' &&
    'SKIPPED: neither docker compose nor docker-compose is here')
