import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** What node:http made of bytes. */
export interface NodeReading {
  readonly messages: readonly NodeMessage[]
  readonly error: string | undefined
}

interface NodeMessage {
  readonly incoming: IncomingMessage
  body: string
  complete: boolean
}

/** What a socket would be, without a system. */
function inMemory(): Duplex {
  const stream = new Duplex({
    read() {},
    write: (_chunk, _encoding, done) => done(),
    emitClose: true,
  })
  stream.on('error', () => undefined)
  // What node:http's client asks of a socket.
  return Object.assign(stream, { setKeepAlive() {}, setNoDelay() {}, setTimeout() {}, ref() {}, unref() {} })
}

function follow(incoming: IncomingMessage): NodeMessage {
  const message: NodeMessage = { incoming, body: '', complete: false }
  incoming.on('data', (bytes: Buffer) => (message.body += bytes.toString('latin1')))
  incoming.on('end', () => (message.complete = incoming.complete))
  incoming.on('error', () => undefined)
  return message
}

/** Reads each connection's bytes as node:http's server does. */
export async function nodeReadsRequests(connections: readonly (readonly Buffer[])[]): Promise<NodeReading[]> {
  const readings = new Map<Duplex, { messages: NodeMessage[]; error: string | undefined }>()
  const server = createServer({ keepAliveTimeout: 0, requireHostHeader: false, joinDuplicateHeaders: true })
  server.maxHeadersCount = 0
  const onRequest = (request: IncomingMessage) => readings.get(request.socket)?.messages.push(follow(request))
  server.on('request', onRequest)
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const reading = readings.get(socket)
    if (reading !== undefined) reading.error ??= error.code ?? error.name
  })
  for (const pieces of connections) {
    const stream = inMemory()
    readings.set(stream, { messages: [], error: undefined })
    server.emit('connection', stream)
    for (const piece of pieces) stream.push(piece)
  }
  await nextTurn()
  await nextTurn()
  for (const stream of readings.keys()) stream.destroy()
  return [...readings.values()]
}

/** Reads each connection's bytes as node:http's client does, as the answer to a request of that method. */
export async function nodeReadsResponses(
  connections: readonly (readonly Buffer[])[],
  method = 'GET',
): Promise<NodeReading[]> {
  const readings = connections.map((pieces) => {
    const reading: { messages: NodeMessage[]; error: string | undefined } = { messages: [], error: undefined }
    const stream = inMemory()
    const request = httpRequest({ method, createConnection: () => stream, maxHeaderSize: 64 * 1024 })
    request.on('error', (error: NodeJS.ErrnoException) => (reading.error ??= error.code ?? error.name))
    const onResponse = (response: IncomingMessage) => reading.messages.push(follow(response))
    request.on('response', onResponse)
    request.on('upgrade', onResponse)
    request.end()
    return { reading, stream, pieces }
  })
  await nextTurn()
  for (const { stream, pieces } of readings) {
    for (const piece of pieces) stream.push(piece)
    stream.push(null)
  }
  await nextTurn()
  await nextTurn()
  for (const { stream } of readings) stream.destroy()
  return readings.map(({ reading }) => reading)
}
