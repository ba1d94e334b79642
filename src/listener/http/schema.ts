/**
 * What goes to the application, and what it may answer. The checks, the types and
 * `docs/http-listener.schema.json` (`npm run docs`) all come from here.
 */
import * as z from 'zod'
import { GROUP_NAME_TAKES, LONGEST_GROUP_NAME } from '../../connections/group-name.ts'
import { LONGEST_INFO } from '../../connections/info.ts'

/** The texts are read as "NAME takes …". */
const text = z.string('a text')
const id = z.string('the id of a connection')
const ids = z.array(id, 'an array of connection ids')
const groups = z.array(z.string('the name of a group'), "an array of groups' names")
const users = z.array(z.string('the name of a user'), 'an array of users')
const anyJson = z
  .unknown()
  .describe('A text goes as text, any other value as its JSON text, null not at all.')
const base64 = z.literal('base64', '"base64"').describe('"message" is base64 text of a binary message.')

/** An empty array counts: PHP and Lua write an empty object like that. */
const state = z
  .union([z.record(z.string(), z.unknown()), z.array(z.never()).length(0)], 'an object')
  .describe('Takes the place of what was kept for the connection. Comes back as conn.state with each event.')

const groupName = z
  .string(GROUP_NAME_TAKES)
  .min(1, GROUP_NAME_TAKES)
  .max(LONGEST_GROUP_NAME, GROUP_NAME_TAKES)
const groupNames = z.array(groupName, "an array of groups' names")

/** Who a connection is, and where it belongs. */
const belonging = {
  user: text
    .min(1, 'a text that is not empty')
    .nullable()
    .optional()
    .describe('Who it is: becomes conn.user. null is nobody.'),
  info: z
    .unknown()
    .optional()
    .describe(
      `What others may see of the user, at most ${LONGEST_INFO} bytes of JSON: becomes conn.info. null is nothing.`,
    ),
  join: groupNames.optional().describe('It is in these groups from here on.'),
  leave: groupNames.optional().describe('It is in these no longer, unless "join" has them too.'),
}

const send = z
  .array(
    z.strictObject(
      {
        to: z.union([id, ids], 'the id of a connection, or an array of ids'),
        message: anyJson,
        encoding: base64.optional(),
      },
      'an object with "to" and "message"',
    ),
    'an array of objects with "to" and "message"',
  )
  .describe('Messages of their own, sent before "message".')

/** RFC 6455 §7.4: those that one may send. */
const closeCode = z.union(
  [
    [1000, 1003],
    [1007, 1014],
    [3000, 4999],
  ].map(([low = 0, high = 0]) => z.int().min(low).max(high)),
  'a close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999',
)

const close = z
  .array(
    z.union(
      [
        id,
        z.strictObject({
          id,
          code: closeCode.optional(),
          reason: z
            .string('a text of at most 123 bytes')
            .max(123, 'a text of at most 123 bytes')
            .optional()
            .describe('At most 123 bytes of UTF-8.'),
        }),
      ],
      'the id of a connection, or an object with "id", "code" and "reason"',
    ),
    'an array of connection ids, or of objects with "id", "code" and "reason"',
  )
  .describe('These are closed, after all that is sent; with code 1000 unless another is given.')

const told = { send: send.optional(), close: close.optional() }
const also = { state: state.optional(), ...belonging, ...told }
const sent = {
  message: anyJson.optional(),
  encoding: base64.optional(),
  connections: ids
    .optional()
    .describe(
      'It goes to these alone. With "groups" or "users" to all of them; to everyone when all three are left out.',
    ),
  groups: groups.optional().describe('It goes to who is in one of these.'),
  users: users.optional().describe('It goes to the connections of these.'),
  except: ids.optional().describe('It does not go to these, however they are meant.'),
}

/** An answer with a body, for each event. Without one, all goes as if there were no listener. */
export const answers = {
  handshake: z
    .strictObject({
      state: state.optional(),
      ...belonging,
      protocol: text
        .nullable()
        .optional()
        .describe('One of conn.protocols, or null for none; the first one when left out.'),
    })
    .describe('2xx lets the client in, 4xx refuses it with that status.'),
  open: z.strictObject(also),
  message: z.strictObject({ ...sent, ...also }),
  close: z.strictObject(told),
  push: z.strictObject({ ...sent, ...told }),
  'group-join': z.strictObject(told),
  'group-leave': z.strictObject(told),
} as const

const values = z.record(z.string(), z.unknown())
const conn = {
  id: id.describe('Unique across all nodes and restarts.'),
  ip: text.describe("The client's address."),
  path: text.describe("The URL's path."),
  query: text.describe("The URL's query as it stands there, without its ?."),
  user: text.optional().describe('Who it is: the token\'s "sub", or what an answer has said.'),
  info: z.unknown().optional().describe('What others may see of the user.'),
  groups: groups.describe('The groups that it is in; on "close", that it was in.'),
  claims: values.optional().describe("What the client's JSON Web Token says, where one is asked for."),
  state: values.describe('What the last answer with "state" gave; {} before the first.'),
}
const asked = {
  secure: z.boolean().describe('Whether the client speaks TLS.'),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).describe('Names in lower case.'),
  cookies: z.record(z.string(), z.string()).describe('Decoded.'),
}
const gateway = text.describe('WS_GATEWAY_ID.')
const connection = z.strictObject(conn)
const presence = {
  gateway,
  group: text,
  user: text.describe('Who is in it now, or no longer, with all its connections.'),
  info: z.unknown().optional().describe('What others may see of the user.'),
}

/** The body of a request, for each event. */
export const requests = {
  handshake: z.strictObject({
    event: z.literal('handshake'),
    gateway,
    conn: z.strictObject({
      ...conn,
      ...asked,
      protocols: z.array(text).describe('The subprotocols that the client offers.'),
    }),
  }),
  open: z.strictObject({
    event: z.literal('open'),
    gateway,
    conn: z.strictObject({ ...conn, ...asked, protocol: text.describe('The subprotocol, or "".') }),
  }),
  message: z.strictObject({
    event: z.literal('message'),
    gateway,
    conn: connection,
    message: text,
    encoding: base64.optional(),
  }),
  close: z.strictObject({
    event: z.literal('close'),
    gateway,
    conn: connection,
    code: z.int().min(1000).max(4999).describe('RFC 6455 §7.4.'),
    reason: text,
  }),
  push: z
    .looseObject({
      event: z.literal('push'),
      gateway,
      message: anyJson,
      encoding: base64.optional(),
      connections: ids.optional(),
      groups: groups.optional(),
      users: users.optional(),
      except: ids.optional(),
    })
    .describe('Further keys are those of the push.'),
  'group-join': z.strictObject({ event: z.literal('group-join'), ...presence }),
  'group-leave': z.strictObject({ event: z.literal('group-leave'), ...presence }),
} as const

/** What an application is asked about. */
export type ListenerEvent = keyof typeof answers

export type AnswerTo<E extends ListenerEvent> = z.infer<(typeof answers)[E]>
export type RequestOf<E extends ListenerEvent> = z.infer<(typeof requests)[E]>

/** Any answer: each of its keys is there for some event. */
export type Answer = Partial<
  AnswerTo<'handshake'> & Omit<AnswerTo<'message'>, 'state'> & Pick<AnswerTo<'open'>, 'state'>
>

/** The JSON Schema of requests and answers, as `docs/http-listener.schema.json` has it. */
export function jsonSchema(): object {
  const each = (what: 'request' | 'answer', schemas: Readonly<Record<ListenerEvent, z.ZodType>>) =>
    Object.entries(schemas).map(([event, schema]) => {
      const { $schema: _, ...body } = z.toJSONSchema(schema, { io: 'input' })
      return [`${what}-${event}`, body]
    })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What the gateway asks of an application (WS_LISTENER as a URL), and what it may answer',
    description:
      'A request is one of "$defs" request-EVENT; the body of its answer is empty or an answer-EVENT.',
    anyOf: Object.keys(requests).map(event => ({ $ref: `#/$defs/request-${event}` })),
    $defs: Object.fromEntries([...each('request', requests), ...each('answer', answers)]),
  }
}
