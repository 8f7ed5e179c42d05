import { once } from 'node:events'
import http from 'node:http'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** Passes requests on, but for transactions while it holds: these it keeps, unanswered, until they are released. */
export interface HoldingProxy {
  readonly endpoint: string
  hold(): void
  /** Sends what was held after all, whoever still waits for it; resolves to the server's answers. */
  release(): Promise<readonly object[]>
}

/** A proxy of the running test before an etcd. */
export async function holdingProxy(target: string): Promise<HoldingProxy> {
  const held: Buffer[] = []
  let isHolding = false
  const send = async (path: string, body: Buffer): Promise<Response> =>
    fetch(`${target}${path}`, { method: 'POST', body: new Uint8Array(body) })

  const server = http.createServer((request, response) => {
    void (async () => {
      const [path, body] = [request.url ?? '', await buffer(request)]
      if (isHolding && path === '/v3/kv/txn') {
        held.push(body)
        return
      }
      const answer = await send(path, body)
      response.writeHead(answer.status)
      response.end(await answer.text())
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    hold: () => {
      isHolding = true
    },
    release: async () => {
      isHolding = false
      return Promise.all(
        held.splice(0).map(async (body): Promise<object> => JSON.parse(await (await send('/v3/kv/txn', body)).text())),
      )
    },
  }
}
