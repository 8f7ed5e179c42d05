import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'

import { compareKeys } from '@outlast/storage'

export interface HttpStore {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

const pageSize = 50

/** A small object store of its own kind, over real HTTP: `/objects/KEY` and `/keys?prefix=&after=`. */
export async function startHttpStore(): Promise<HttpStore> {
  const objects = new Map<string, { readonly bytes: Buffer; readonly etag: string }>()

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store')
    const reply = (status: number, content: string | Buffer = '', headers: Record<string, string> = {}): void => {
      response
        .writeHead(status, { server: 'box', 'content-length': Buffer.byteLength(content), ...headers })
        .end(content)
    }
    if (pathname === '/keys') {
      const prefix = searchParams.get('prefix') ?? ''
      const after = searchParams.get('after') ?? ''
      const found = [...objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0)
      const keys = found.sort(compareKeys).slice(0, pageSize)
      return reply(200, JSON.stringify({ keys, more: found.length > pageSize }))
    }
    const key = decodeURIComponent(pathname.slice('/objects/'.length))
    const object = objects.get(key)
    if (request.method === 'PUT') {
      if (request.headers['if-none-match'] === '*' && object) return reply(412)
      const etag = `"${createHash('sha256').update(body).digest('hex')}"`
      objects.set(key, { bytes: body, etag })
      return reply(201, '', { etag })
    }
    if (request.method === 'DELETE') {
      objects.delete(key)
      return reply(204)
    }
    if (object === undefined) return reply(404)
    if (request.headers['if-none-match'] === object.etag) return reply(304, '', { etag: object.etag })
    return reply(200, object.bytes, { etag: object.etag })
  }

  const server = createServer((request, response) => {
    // Clients that hang up in the middle are what these tests are about.
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return {
    host: '127.0.0.1',
    port: address.port,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
