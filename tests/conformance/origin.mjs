// The suite's origin server, on loopback alone and on a port of its own choice:
//     node origin.mjs SUITE
// prints the port. SUITE is the folder of the suite's package.
import http from 'node:http'

const suite = process.argv[2]
const handler = async name => (await import(`${suite}/server/handle-${name}.mjs`)).default
const handlers = {
  config: await handler('config'),
  test: await handler('test'),
  state: await handler('state')
}

// It warns of requests that it does not expect, which some tests provoke.
console.log = () => {}

const server = http.createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost/')
  const [kind, ...rest] = pathname.slice(1).split('/')
  if (Object.hasOwn(handlers, kind)) {
    handlers[kind](rest, request, response)
  } else {
    response.writeHead(404)
    response.end()
  }
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
