/** A gateway whose listener does what clients and pushes tell it in JavaScript, and logs what it is told itself. */
import type { TestContext } from 'node:test'
import { type Client, connect } from '../support/client.ts'
import { type GatewayProcess, startGateway } from '../support/gateway.ts'

/** `do CODE` of a client is run and answered; so is the `script` of a push. All else goes its usual way. */
export const scripted = `
const run = (code, data, gateway) => new Function('data', 'conn', 'gateway', code)(data, data.conn, gateway)
export const onMessage = (data, gateway) => {
  if (data.script !== undefined) run(data.script, data, gateway)
  if (!data.conn || !String(data.message).startsWith('do ')) return
  const code = data.message.slice(3)
  data.message = null
  let did
  try {
    did = run(code, data, gateway)
  } catch (error) {
    did = String(error)
  }
  data.conn.send({ did: did ?? null })
}
export const onClientClose = ({ conn: { groups, user } }, gateway) => gateway.log.info({ groups, user }, 'closed')
export const onGroupJoin = (data, gateway) => gateway.log.info(data, 'joined')
export const onGroupLeave = (data, gateway) => gateway.log.info(data, 'left')
export const onUnload = gateway => gateway.log.info('unloaded')
`

export function startScripted(
  t: TestContext,
  env: Record<string, string> = {},
  more = '',
): Promise<GatewayProcess> {
  return startGateway(t, { env, listener: { 'listener.mjs': scripted + more } })
}

const ANSWER = '{"did":'

/** Runs code in the listener, with `data`, `conn` and `gateway`; what it returns, or `TypeError: …` for what it threw. */
export async function run(client: Client, code: string): Promise<unknown> {
  let seen = client.got.length
  client.send(`do ${code}`)
  for (;;) {
    const message = (await client.messages(++seen))[seen - 1]
    if (typeof message === 'string' && message.startsWith(ANSWER)) return JSON.parse(message).did
  }
}

/** What a client has got of all that was sent to it before, without the answers of `run`. */
export async function texts(client: Client): Promise<unknown[]> {
  // The answer stands in the line behind that; a pong would overtake it.
  await run(client, '')
  return client.got.filter(message => typeof message !== 'string' || !message.startsWith(ANSWER))
}

export interface Entered extends Client {
  readonly id: string
}

/** A client that is connected, and of which this is true. */
export async function enter(
  t: TestContext,
  gateway: GatewayProcess,
  { user, groups = [] }: { readonly user?: string; readonly groups?: readonly string[] } = {},
): Promise<Entered> {
  const client = await connect(t, gateway.url)
  const joins = groups.map(name => `conn.join(${JSON.stringify(name)})`).join('\n')
  const who = user === undefined ? '' : `conn.user = ${JSON.stringify(user)}`
  const id = await run(client, `${who}\n${joins}\nreturn conn.id`)
  return Object.assign(client, { id: String(id) })
}

/** What onGroupJoin and onGroupLeave have been told so far, as `joined GROUP USER INFO`. */
export function toldSoFar(gateway: GatewayProcess): string[] {
  return gateway.lines
    .filter(({ msg }) => msg === 'joined' || msg === 'left')
    .map(({ msg, group, user, info }) =>
      [msg, group, user, ...(info === undefined ? [] : [JSON.stringify(info)])].join(' '),
    )
}

/** The same, as soon as there are so many. */
export function told(gateway: GatewayProcess, count: number): Promise<string[]> {
  return gateway.until(`${count} joins and leaves`, () => {
    const lines = toldSoFar(gateway)
    return lines.length >= count && lines
  })
}
