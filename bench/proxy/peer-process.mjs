// Another proxy as a process of its own, without routing: its name, port, upstream's address. What it imports is not
// installed with the project, so its names are no literals.
import { Agent, createServer } from 'node:http'

const [name, port, upstream] = process.argv.slice(2)
const base = `http://${upstream}`
const options = { host: '127.0.0.1', port: Number(port) }
const peer = await import(name)

switch (name) {
  case 'fast-proxy': {
    const fast = peer.default({ base, undici: { connections: 100, pipelining: 1 } })
    createServer((request, response) => fast.proxy(request, response, request.url, {})).listen(options)
    break
  }
  case '@fastify/http-proxy': {
    const framework = 'fastify'
    const server = (await import(framework)).default()
    await server.register(peer.default, { upstream: base })
    await server.listen(options)
    break
  }
  case 'http-proxy-3': {
    const proxy = peer.createProxyServer({ target: base, agent: new Agent({ keepAlive: true, maxSockets: 100 }) })
    proxy.on('error', () => undefined)
    createServer((request, response) => proxy.web(request, response)).listen(options)
    break
  }
  default:
    throw new TypeError(`no peer is called ${name}`)
}
