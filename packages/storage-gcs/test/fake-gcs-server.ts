import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A fake of the part of the Cloud Storage JSON API that the adapter uses. In memory, without credentials. */
export interface FakeGcsServer {
  readonly endpoint: string
  createBucket(name: string): void
  /** Answers every request instead of the fake, for misbehaviour; `undefined` brings the fake back. */
  interfere(answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined): void
  openConnections(): Promise<number>
  stop(): Promise<void>
}

interface FakeObject {
  readonly bytes: Buffer
  readonly generation: string
}

const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))

export async function startFakeGcsServer(): Promise<FakeGcsServer> {
  const buckets = new Map<string, Map<string, FakeObject>>()
  let generation = 1_700_000_000_000_000
  let interference: ((request: IncomingMessage, response: ServerResponse) => void) | undefined

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(request.url ?? '/', 'http://fake')
    const [, upload, bucketName = '', key] =
      /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? []
    const bucket = buckets.get(decodeURIComponent(bucketName))
    if (bucket === undefined) return refuse(response, 404, 'notFound', 'The specified bucket does not exist.')
    if (upload) return insert(bucket, url.searchParams, Buffer.concat(chunks), response)
    if (key === undefined) return listObjects(bucket, url.searchParams, response)
    const name = decodeURIComponent(key)
    const found = bucket.get(name)
    if (found === undefined) return refuse(response, 404, 'notFound', `No such object: ${bucketName}/${name}`)
    if (request.method === 'DELETE') {
      bucket.delete(name)
      response.writeHead(204).end()
      return
    }
    media(found, url.searchParams, response)
  }

  function insert(
    bucket: Map<string, FakeObject>,
    query: URLSearchParams,
    bytes: Buffer,
    response: ServerResponse,
  ): void {
    const name = query.get('name') ?? ''
    const expected = query.get('ifGenerationMatch')
    if (expected !== null && expected !== (bucket.get(name)?.generation ?? '0')) {
      return refuse(response, 412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.')
    }
    generation += 1
    bucket.set(name, { bytes, generation: String(generation) })
    json(response, 200, { kind: 'storage#object', generation: String(generation), size: String(bytes.byteLength) })
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined)
    if (interference) {
      interference(request, response)
      return
    }
    void answer(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    createBucket: (name) => void buckets.set(name, new Map()),
    interfere(answerInstead) {
      interference = answerInstead
    },
    openConnections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
      }),
    async stop() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

function media({ bytes, generation }: FakeObject, query: URLSearchParams, response: ServerResponse): void {
  if (query.get('ifGenerationNotMatch') === generation) {
    response.writeHead(304).end()
    return
  }
  const length = String(bytes.byteLength)
  const headers = { 'x-goog-generation': generation, 'x-goog-stored-content-length': length, 'content-length': length }
  response.writeHead(200, { 'content-type': 'application/octet-stream', ...headers }).end(bytes)
}

function listObjects(bucket: Map<string, FakeObject>, query: URLSearchParams, response: ServerResponse): void {
  const [prefix, from] = [query.get('prefix') ?? '', query.get('pageToken') ?? query.get('startOffset') ?? '']
  const names = [...bucket.keys()].filter((name) => name.startsWith(prefix) && byBytes(name, from) >= 0).sort(byBytes)
  const size = Number(query.get('maxResults') ?? 1000)
  const [page, next] = [names.slice(0, size), names[size]]
  const items = page.length > 0 && query.get('fields') !== 'kind' ? { items: page.map((name) => ({ name })) } : {}
  json(response, 200, { kind: 'storage#objects', ...items, ...(next === undefined ? {} : { nextPageToken: next }) })
}

function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, code, { error: { code, message, errors: [{ message, domain: 'global', reason }] } })
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body))
}
