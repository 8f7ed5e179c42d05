/**
 * What the proxy holds in memory: with many idle kept connections, and with large bodies to slow clients and from clients to a
 * slow upstream.
 *
 *   npm run bench:proxy-memory -- [--connections 10000] [--megabytes 300] [--clients 4]
 *
 * Needs Linux, and as many open files as connections (`ulimit -n`).
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '@outlast/test-servers'
import { residentMegabytes } from './proxy/process-tree.ts'
import { startProcess } from './proxy/start-process.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    megabytes: { type: 'string', default: '300' },
    clients: { type: 'string', default: '4' },
  },
})
const connections = Number(values.connections)
const bytes = Number(values.megabytes) * 1024 * 1024
const clients = Number(values.clients)
if (![connections, bytes, clients].every((value) => Number.isSafeInteger(value) && value > 0)) {
  throw new TypeError('--connections, --megabytes and --clients are whole numbers above 0')
}

const path = '/tenants/0/orders-0/x'
const block = Buffer.alloc(64 * 1024, 'outlast')
/** What a slow peer reads at once, and how long it then rests: about 16 MB a second. */
const slowBytes = 256 * 1024
const restMs = 16

const upstream = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.once('data', (first) => void answer(socket, first))
})
upstream.listen(0, '127.0.0.1')
await once(upstream, 'listening')
const address = upstream.address()
const upstreamPort = typeof address === 'object' ? (address?.port ?? 0) : 0
const port = await freePort()
const proxy = await startProcess(
  0,
  process.execPath,
  [
    fileURLToPath(new URL('proxy/outlast-process.mjs', import.meta.url)),
    String(port),
    `127.0.0.1:${upstreamPort}`,
    '1',
  ],
  `http://127.0.0.1:${port}/nowhere`,
)
const report: { [moment: string]: number } = {}
try {
  report['atStart'] = residentMegabytes(proxy.pid)
  const idle = await openIdle()
  await delay(1000)
  report['withIdleConnections'] = residentMegabytes(proxy.pid)
  for (const socket of idle) socket.destroy()
  await delay(1000)
  report['afterThem'] = residentMegabytes(proxy.pid)
  report['whileClientsAreSlow'] = await highestDuring(download)
  report['whileTheUpstreamIsSlow'] = await highestDuring(upload)
} finally {
  await proxy.stop()
  upstream.close()
}
console.log(`Node.js ${process.version}; resident memory of the proxy, MB`)
for (const [what, megabytes] of Object.entries(report)) console.log(what.padEnd(26), Math.round(megabytes))
console.log(`\n${JSON.stringify({ bench: 'proxy-memory', connections, bytes, clients, megabytes: report })}`)
process.exit()

/** Each has had an answer. */
async function openIdle(): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let count = 0; count < connections; count += 1) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('GET /nowhere HTTP/1.1\r\nHost: bench.test\r\n\r\n')
    sockets.push(socket)
    if (count % 100 === 0) await once(socket, 'data')
  }
  return sockets
}

async function highestDuring(work: () => Promise<void>): Promise<number> {
  let highest = 0
  const timer = setInterval(() => (highest = Math.max(highest, residentMegabytes(proxy.pid))), 100)
  await Promise.all(Array.from({ length: clients }, work))
  clearInterval(timer)
  return highest
}

async function download(): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n`)
  const received = await readSlowly(socket)
  if (received < bytes) throw new Error(`${received} bytes came of ${bytes}`)
}

async function upload(): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST ${path} HTTP/1.1\r\nHost: bench.test\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`)
  await Promise.all([once(socket, 'data'), writeAll(socket)])
  socket.destroy()
}

/** To a GET the whole body; a POST is read slowly to its end. */
async function answer(socket: Socket, first: Buffer): Promise<void> {
  if (first.toString('latin1', 0, 4) === 'GET ') {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`)
    await writeAll(socket)
    socket.end()
    return
  }
  await readSlowly(socket, bytes - (first.length - first.indexOf('\r\n\r\n') - 4))
  socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
}

async function writeAll(socket: Socket): Promise<void> {
  for (let left = bytes; left > 0; left -= block.length) {
    if (!socket.write(left < block.length ? block.subarray(0, left) : block)) await once(socket, 'drain')
  }
}

/** Resolves with how much came, at the end or after `limit` bytes. */
async function readSlowly(socket: Socket, limit: number = Number.POSITIVE_INFINITY): Promise<number> {
  let received = 0
  let sinceRest = 0
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    const { length }: Buffer = chunk
    received += length
    sinceRest += length
    if (received >= limit) break
    if (sinceRest < slowBytes) continue
    sinceRest = 0
    await delay(restMs)
  }
  return received
}
