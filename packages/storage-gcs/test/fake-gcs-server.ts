import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'

import { answerRequest, type BucketPlace } from './fake-gcs/answer-request.ts'
import { fakeBucket, type BucketRules } from './fake-gcs/fake-bucket.ts'
import type { FakeRequest } from './fake-gcs/fake-request.ts'
import { Refusal, refusals } from './fake-gcs/refusal.ts'
import { resumableUploads } from './fake-gcs/resumable-uploads.ts'

export interface FakeGcsOptions {
  /** PEM; with it the server speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** What the server thinks of a request's `Authorization`. Default: anybody may do anything. */
  readonly access?: (authorization: string | undefined) => 'allowed' | 'unauthorized' | 'forbidden'
}

/**
 * A fake of the Cloud Storage JSON API's objects, in memory: three ways to upload, media and metadata, listings in pages,
 * deletion, preconditions. Strict: what it does not know it refuses. Google's own SDK works with it.
 */
export interface FakeGcsServer {
  readonly endpoint: string
  readonly port: number
  createBucket(name: string, rules?: BucketRules): void
  /** Answers every request instead of the fake, for misbehaviour; `undefined` brings the fake back. */
  interfere(answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined): void
  openConnections(): Promise<number>
  stop(): Promise<void>
}

export async function startFakeGcsServer({ tls, access }: FakeGcsOptions = {}): Promise<FakeGcsServer> {
  const buckets = new Map<string, BucketPlace>()
  const scheme = tls === undefined ? 'http' : 'https'
  let generation = 1_700_000_000_000_000
  let interference: ((request: IncomingMessage, response: ServerResponse) => void) | undefined

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const isMedia = /[?&]alt=media\b/.test(message.url ?? '')
    try {
      const request = await wholeRequest(message, scheme)
      const opinion = access?.(message.headers.authorization) ?? 'allowed'
      if (opinion === 'unauthorized') throw refusals.unauthorized()
      if (opinion === 'forbidden') throw refusals.forbidden('storage.objects.get')
      answerRequest(request, response, (name) => buckets.get(name))
    } catch (error) {
      if (error instanceof Refusal) error.send(response, isMedia ? 'text' : 'json')
      else response.destroy() // The request broke off; and a mistake of the fake's own looks like a reset.
    }
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    response.on('error', () => undefined)
    if (interference) interference(request, response)
    else void answer(request, response)
  }
  const server = tls === undefined ? createHttpServer(onRequest) : createHttpsServer(tls, onRequest)
  // So that only the client ends a connection.
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')

  return {
    endpoint: `${scheme}://127.0.0.1:${address.port}`,
    port: address.port,
    createBucket(name, rules = {}) {
      const nextGeneration = (): string => String((generation += 1))
      const bucket = fakeBucket({ name, rules, nextGeneration })
      buckets.set(name, { bucket, uploads: resumableUploads(bucket) })
    },
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

async function wholeRequest(message: IncomingMessage, scheme: string): Promise<FakeRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  const { method = '', url = '/', headers } = message
  const origin = `${scheme}://${headers.host ?? '127.0.0.1'}`
  const { pathname, searchParams } = new URL(url, origin)
  return { method, path: pathname, query: searchParams, headers, body: Buffer.concat(chunks), origin }
}
