import { once } from 'node:events'
import http from 'node:http'
import { buffer } from 'node:stream/consumers'

/** Passes requests on, but of a watch only the first frame: a middle box that buffers streams. */
export async function startSwallowingProxy(target: string): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const server = http.createServer((request, response) => {
    void (async () => {
      const body = await buffer(request)
      const answer = await fetch(`${target}${request.url ?? ''}`, { method: 'POST', body })
      response.writeHead(answer.status)
      for await (const chunk of answer.body ?? []) {
        response.write(chunk)
        if (request.url === '/v3/watch') return
      }
      response.end()
    })().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
