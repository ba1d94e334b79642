/** `GET /openapi.json`: this API, described for machines. */
import { readFile } from 'node:fs/promises'
import type { Answer } from './call.ts'

/** What the build has made of docs/openapi.yaml. Asked for seldom, so it is not kept. */
const FILE = new URL('../openapi.json', import.meta.url)

export async function showOpenApi(): Promise<Answer> {
  return { status: 200, text: await readFile(FILE), type: 'application/json' }
}
