import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface CarelessS3Server extends AsyncDisposable {
  readonly endpoint: string
}

/**
 * A server with one bucket, `b`, that speaks as much S3 as a reader and a writer need, and ignores every condition, as
 * several servers do.
 */
export async function startCarelessS3Server(): Promise<CarelessS3Server> {
  const objects = new Map<string, Buffer>()

  const listing = (query: URLSearchParams): string => {
    const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? '']
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
    const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')
    return `<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server')
    const key = pathname.slice('/b/'.length)
    if (request.method === 'PUT') {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      objects.set(key, Buffer.concat(chunks))
      response.setHeader('etag', `"${objects.size}"`).end()
      return
    }
    const found = objects.get(key)
    if (found) {
      response.setHeader('content-length', found.length).setHeader('etag', '"1"').end(found)
      return
    }
    const isListing = searchParams.has('list-type')
    const text = isListing ? listing(searchParams) : '<Error><Code>NoSuchKey</Code></Error>'
    response.writeHead(isListing ? 200 : 404, { 'content-type': 'application/xml', 'content-length': text.length })
    response.end(text)
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
