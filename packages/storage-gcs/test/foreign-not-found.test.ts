import { createServer, request as httpRequest } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { gcsStorage } from '../src/index.ts'
import { startFakeGcsServer, type FakeGcsServer } from './fake-gcs-server.ts'

describe('gcsStorage on a fake of the JSON API, behind a proxy that answers some requests for an object with 404', () => {
  const bytes = new Uint8Array([1])
  let fake: FakeGcsServer
  let foreignAnswers = 0

  const proxy = createServer((request, response) => {
    if (request.url?.includes('/o/') && foreignAnswers > 0) {
      foreignAnswers -= 1
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not Found</h1>')
      return
    }
    httpRequest(`${fake.endpoint}${request.url}`, { method: request.method }, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers))
    }).end()
  })

  beforeAll(async () => {
    fake = await startFakeGcsServer()
    fake.createBucket('box')
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  })
  beforeEach(async () => {
    // The second is listed with the first as a prefix.
    for (const key of ['key', 'key/other']) await direct().put(key, bytes)
    foreignAnswers = 0
  })
  afterAll(async () => {
    proxy.closeAllConnections()
    await new Promise((resolve) => proxy.close(resolve))
    await fake.stop()
  })

  const direct = () => gcsStorage({ bucket: 'box', apiEndpoint: fake.endpoint })
  function behindProxy() {
    const address = proxy.address()
    if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
    return gcsStorage({ bucket: 'box', apiEndpoint: `http://127.0.0.1:${address.port}` })
  }

  it('reads and deletes what is there, when the 404 comes once', async () => {
    foreignAnswers = 1
    expect((await behindProxy().get('key'))?.bytes).toEqual(bytes)
    foreignAnswers = 1
    await behindProxy().delete('key')
    expect(await direct().get('key')).toBeUndefined()
  })

  it('never takes what is there for absent, when the 404 stays', async () => {
    foreignAnswers = 2
    await expect(behindProxy().get('key')).rejects.toMatchObject({ code: 'invalid-response', retryable: true })
    foreignAnswers = 2
    await expect(behindProxy().delete('key')).rejects.toMatchObject({ code: 'invalid-response', retryable: true })
    expect((await direct().get('key'))?.bytes).toEqual(bytes)
  })

  it('finds a key absent where only longer ones are listed', async () => {
    await direct().delete('key')
    expect(await behindProxy().get('key')).toBeUndefined()
    await behindProxy().delete('key')
    expect((await direct().get('key/other'))?.bytes).toEqual(bytes)
  })
})
