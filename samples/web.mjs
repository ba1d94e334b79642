/**
 * Serves the pages of the samples, and runs their applications. With Compose: docker compose --profile samples up
 * By hand, for all of them or for those that are named: node samples/web.mjs [NAME]…
 * Then open http://localhost:8081 (SAMPLES_PORT=9000 takes another port).
 */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** The ports of the gateways, as they stand in the pages. CHAT_GATEWAY_PORT=20131 and the like set others. */
const ports = { chat: 10131, rooms: 10132, dashboard: 10133, notifications: 10134, ticker: 10135 }

const named = process.argv.slice(2)
const names = named.length === 0 ? Object.keys(ports) : named
const file = name => new URL(name, import.meta.url)
const applications = {}
for (const name of names) {
  if (!Object.hasOwn(ports, name))
    throw new Error(`there is no sample ${name}, but ${Object.keys(ports).join(', ')}`)
  if (existsSync(file(`${name}/app.mjs`))) applications[name] = await import(file(`${name}/app.mjs`))
}

const read = name => readFileSync(file(name), 'utf8')
const links = names.map(name => `<li><a href="/${name}">${name}</a>`).join('\n')
const pages = {
  '/': () => read('index.html').replace('<!-- links -->', links),
  '/style.css': () => read('style.css'),
  // The client for browsers, which comes back when a connection has ended. A gateway serves it as well.
  '/client.js': () => read(import.meta.resolve('websocket-gateway/browser')),
}
for (const name of names) {
  // Compose takes an address before the port as well: 127.0.0.1:20131
  const [port] = /\d+$/.exec(process.env[`${name.toUpperCase()}_GATEWAY_PORT`] ?? '') ?? [ports[name]]
  pages[`/${name}`] = () => read(`${name}/page.html`).replaceAll(`:${ports[name]}`, `:${port}`)
}

/** What a page asks its application: POST /notifications/login with JSON, which no page of another site can send. */
async function answer(request, path) {
  const [, name, what] = path.split('/')
  const { answers = {} } = applications[name] ?? {}
  if (request.method !== 'POST' || !Object.hasOwn(answers, what)) return [404, { detail: 'not found' }]
  if (request.headers['content-type'] !== 'application/json')
    return [415, { detail: 'takes application/json' }]
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) {
    text += chunk
    if (text.length > 10_000) return [413, { detail: 'takes at most 10,000 characters' }]
  }
  return [200, await answers[what](JSON.parse(text))]
}

const server = createServer(async (request, response) => {
  const [path] = request.url.split('?')
  const headers = { 'X-Content-Type-Options': 'nosniff' }
  if (['GET', 'HEAD'].includes(request.method) && Object.hasOwn(pages, path)) {
    const [, type = 'html'] = /\.(css|js)$/.exec(path) ?? []
    const kind = type === 'js' ? 'javascript' : type
    response.writeHead(200, { ...headers, 'Content-Type': `text/${kind}; charset=utf-8` }).end(pages[path]())
    return
  }
  const [status, value] = await answer(request, path).catch(error => [400, { detail: error.message }])
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(value))
})
server.listen(Number(process.env.SAMPLES_PORT || 8081), () => {
  console.log(`the samples are at http://localhost:${server.address().port}`)
  for (const { run } of Object.values(applications)) run?.()
})
