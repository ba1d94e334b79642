/** How an answer of an operation is brought about. */
import type { Answer } from '../ask.ts'
import type { Stages } from '../stages.ts'

export type Case = (stages: Stages) => Promise<Answer>

/**
 * By operations (`GET /status`), and in each by what comes of it: the status, and the name of the example in the
 * description that the answer is (`409 stopped`), or any other word that tells two cases apart where there is no example.
 */
export type Cases = Readonly<Record<string, Readonly<Record<string, Case>>>>
