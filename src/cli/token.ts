/** `gateway token`. */
import { readSettings } from './address.ts'
import { type Command, EXIT, readOptions, UsageError } from './command.ts'
import { print } from './output.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Claims that options or the gateway's settings give, so that they cannot be said twice. */
const OWN_CLAIMS = ['sub', 'exp', 'iat']

const OPTIONS = {
  user: { type: 'string' },
  ttl: { type: 'string' },
  claim: { type: 'string', multiple: true },
} as const

export const token: Command = {
  summary: 'mint a JSON Web Token, for trying things out',
  usage: '[--user U] [--ttl 1h] [--claim NAME=VALUE]…',
  options: OPTIONS,
  help: `
Prints a token that is signed (HS256) with WS_JWT_SECRET, with the issuer and audience that the gateway asks for
(WS_JWT_ISSUER, WS_JWT_AUDIENCE). Your application would make its own, with a library of its language.

  --user U             the token's "sub": who it is
  --ttl TIME           how long it counts: 30s, 5m, 1h (the default), 7d
  --claim NAME=VALUE   a further claim; may be repeated. VALUE is JSON, or else a text

Example:
  gateway token --user anna --ttl 1h --claim role=admin --claim 'rooms=["a","b"]'`,
  async run(args) {
    const values = readOptions(args, OPTIONS)
    const { jwtSecret, jwtIssuer, jwtAudience } = readSettings('jwtSecret', 'jwtIssuer', 'jwtAudience')
    if (jwtSecret === null) {
      throw new Error('a token is minted with WS_JWT_SECRET, and none is set: public keys cannot sign')
    }
    const { SignJWT } = await import('jose')
    const issued = Math.floor(Date.now() / 1000)
    const claims = {
      ...(jwtIssuer && { iss: jwtIssuer[0] }),
      ...(jwtAudience && { aud: jwtAudience[0] }),
      ...Object.fromEntries((values.claim ?? []).map(readClaim)),
      ...(values.user !== undefined && { sub: values.user }),
      iat: issued,
      exp: issued + seconds(values.ttl ?? '1h'),
    }
    const signed = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(jwtSecret))
    print(`${signed}\n`)
    return EXIT.done
  },
}

function readClaim(text: string): [string, unknown] {
  const mark = text.indexOf('=')
  const name = text.slice(0, mark)
  if (mark < 1) throw new UsageError(`--claim takes NAME=VALUE, got ${JSON.stringify(text)}`)
  if (OWN_CLAIMS.includes(name)) throw new UsageError(`--claim cannot set ${name}: see --user and --ttl`)
  const value = text.slice(mark + 1)
  try {
    return [name, JSON.parse(value)]
  } catch (error) {
    if (error instanceof SyntaxError) return [name, value]
    throw error
  }
}

function seconds(text: string): number {
  const match = /^(\d{1,9})([smhd])?$/.exec(text)
  const count = Number(match?.[1]) * (UNITS[match?.[2] ?? 's'] ?? 1)
  if (match === null || count < 1)
    throw new UsageError(`--ttl takes a time such as 30s, 5m, 1h or 7d, got ${JSON.stringify(text)}`)
  return count
}
