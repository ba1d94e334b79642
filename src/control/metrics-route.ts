/** `GET /metrics`. */
import { expose } from '../metrics/exposition.ts'
import { measure } from '../metrics/measure.ts'
import type { Call, TextAnswer } from './call.ts'

/** The gateway's metrics, in Prometheus's text format. */
export async function showMetrics({ gateway }: Call): Promise<TextAnswer> {
  const { text, type } = await expose(await measure(gateway))
  return { status: 200, text, type }
}
