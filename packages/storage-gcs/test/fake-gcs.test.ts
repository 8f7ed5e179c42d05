import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startFakeGcsServer, type FakeGcsServer } from './fake-gcs-server.ts'

const quarterMebibyte = 256 * 1024
let server: FakeGcsServer

beforeAll(async () => {
  server = await startFakeGcsServer()
  server.createBucket('box')
})
afterAll(async () => {
  await server?.stop()
})

const upload = (query: string, init: RequestInit = {}) =>
  fetch(`${server.endpoint}/upload/storage/v1/b/box/o?${query}`, { method: 'POST', ...init })
const objects = (rest = '', init: RequestInit = {}) => fetch(`${server.endpoint}/storage/v1/b/box/o${rest}`, init)
/** `reason` of an error in JSON, and its message. */
async function refusal(answer: Response | Promise<Response>): Promise<object> {
  const response = await answer
  const { error }: { error: { code: number; message: string; errors: [{ reason: string }] } } = JSON.parse(
    await response.text(),
  )
  return { status: response.status, code: error.code, reason: error.errors[0].reason, message: error.message }
}
async function generationOf(answer: Response | Promise<Response>): Promise<string> {
  const { generation }: { generation: string } = JSON.parse(await (await answer).text())
  return generation
}

describe('the fake of the JSON API refuses what the service refuses', () => {
  const boundary = { 'content-type': 'multipart/related; boundary=xyz' }
  const part = (type: string, body: string) => `--xyz\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`
  const metadata = part('application/json', '{"name": "key"}')

  it.each([
    ['an unknown kind of upload', 'uploadType=telepathy&name=key', {}, 'badRequest', /Invalid upload type/],
    ['no kind of upload', 'name=key', {}, 'badRequest', /Invalid upload type/],
    ['an upload without a name', 'uploadType=media', {}, 'required', /name/],
    ['a name with a line end', 'uploadType=media&name=a%0Ab', {}, 'invalid', /name/],
    ['a parameter that it does not know', 'uploadType=media&name=key&ifMatch=1', {}, 'invalid', /ifMatch/],
    ['a condition that is no generation', 'uploadType=media&name=key&ifGenerationMatch=x', {}, 'invalid', /long/],
    ['a selection of unknown fields', 'uploadType=media&name=key&fields=colour', {}, 'invalid', /colour/],
    [
      'a multipart upload of another content type',
      'uploadType=multipart',
      { headers: { 'content-type': 'multipart/form-data; boundary=xyz' }, body: `${metadata}--xyz--` },
      'badRequest',
      /Bad content type/,
    ],
    [
      'a multipart upload without its end',
      'uploadType=multipart',
      { headers: boundary, body: `${metadata}${part('text/plain', 'bytes')}` },
      'badRequest',
      /Missing end boundary/,
    ],
    [
      'a multipart upload of one part',
      'uploadType=multipart',
      { headers: boundary, body: `${metadata}--xyz--` },
      'badRequest',
      /Malformed/,
    ],
    [
      'bytes with another checksum',
      'uploadType=media&name=key',
      { headers: { 'x-goog-hash': 'crc32c=AAAAAA==' }, body: 'bytes' },
      'badRequest',
      /CRC32C/,
    ],
  ])('%s', async (_what, query, init, reason, message) => {
    expect(await refusal(upload(query, init))).toMatchObject({
      status: 400,
      code: 400,
      reason,
      message: expect.stringMatching(message),
    })
  })

  it.each(['maxResults=0', 'maxResults=x', 'pageToken=bm90aGluZw==', 'fields=items/colour', 'orderBy=name'])(
    'a listing with %s',
    async (query) => {
      expect(await refusal(objects(`?${query}`))).toMatchObject({ status: 400, reason: 'invalid' })
    },
  )

  it('whoever may not do it', async () => {
    const opinions = { 'Bearer good': 'allowed', 'Bearer old': 'unauthorized', 'Bearer small': 'forbidden' } as const
    const guarded = await startFakeGcsServer({
      access: (header) => Object.entries(opinions).find(([known]) => known === header)?.[1] ?? 'unauthorized',
    })
    try {
      guarded.createBucket('box')
      const list = (authorization: string) =>
        fetch(`${guarded.endpoint}/storage/v1/b/box/o`, { headers: { authorization } })
      expect((await list('Bearer good')).status).toBe(200)
      expect(await refusal(list('Bearer old'))).toMatchObject({ status: 401, reason: 'authError' })
      expect(await refusal(list('Bearer small'))).toMatchObject({ status: 403, reason: 'forbidden' })
    } finally {
      await guarded.stop()
    }
  })
})

describe('the fake of the JSON API answers like the service', () => {
  it('names the missing object in a media request in plain words, even where the bucket is missing', async () => {
    for (const bucket of ['box', 'nowhere']) {
      const response = await fetch(`${server.endpoint}/storage/v1/b/${bucket}/o/absent?alt=media`)
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toMatch(/^text\/html/)
      expect(await response.text()).toBe(`No such object: ${bucket}/absent`)
    }
    expect(await refusal(fetch(`${server.endpoint}/storage/v1/b/nowhere/o`))).toMatchObject({
      reason: 'notFound',
      message: 'The specified bucket does not exist.',
    })
  })

  it('holds writes, reads and deletions to the generation that they name', async () => {
    const write = (condition: string) => upload(`uploadType=media&name=conditional&${condition}`, { body: 'bytes' })
    const generation = await generationOf(write('ifGenerationMatch=0'))
    expect(await refusal(write('ifGenerationMatch=0'))).toMatchObject({ status: 412, reason: 'conditionNotMet' })
    expect(await refusal(write(`ifGenerationNotMatch=${generation}`))).toMatchObject({ status: 412 })
    const next = await generationOf(write(`ifGenerationMatch=${generation}`))
    expect(BigInt(next)).toBeGreaterThan(BigInt(generation))
    expect((await objects(`/conditional?alt=media&ifGenerationNotMatch=${next}`)).status).toBe(304)
    expect((await objects(`/conditional?ifGenerationMatch=${generation}`)).status).toBe(412)
    const remove = (condition: string) => objects(`/conditional?${condition}`, { method: 'DELETE' })
    expect((await remove(`ifGenerationMatch=${generation}`)).status).toBe(412)
    expect((await remove(`ifGenerationMatch=${next}`)).status).toBe(204)
    expect((await remove('')).status).toBe(404)
  })

  it('gives one range of the bytes', async () => {
    await upload('uploadType=media&name=range', { body: '0123456789' })
    const read = async (range: string) => {
      const response = await objects('/range?alt=media', { headers: { range } })
      return [response.status, response.headers.get('content-range'), await response.text()]
    }
    expect(await read('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await read('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await read('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89'])
    expect((await read('bytes=10-'))[0]).toBe(416)
  })
})

describe('the fake of the JSON API in a process of its own', () => {
  it('prints its port, has the buckets that it was told, and ends with its standard input', async () => {
    const script = fileURLToPath(new URL('fake-gcs-process.ts', import.meta.url))
    const child = spawn(process.execPath, [script, 'one', 'two'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    const [line] = await once(child.stdout, 'data')
    for (const bucket of ['one', 'two']) {
      expect((await fetch(`http://127.0.0.1:${Number(line)}/storage/v1/b/${bucket}/o`)).status).toBe(200)
    }
    child.stdin.end()
    expect(await ended).toEqual([0, null])
  })
})

describe('the fake of the JSON API keeps an upload session', () => {
  const start = async (query: string) => {
    const response = await upload(`uploadType=resumable&${query}`)
    expect(response.status).toBe(200)
    return response.headers.get('location') ?? ''
  }
  // undici takes 308 for a redirect, and follows none without a location.
  const send = (uri: string, contentRange: string, body = new Uint8Array()) =>
    fetch(uri, { method: 'PUT', redirect: 'manual', headers: { 'content-range': contentRange }, body })

  it('in chunks, tells how much has arrived, and goes on from there', async () => {
    const uri = await start('name=chunks')
    const unknown = await send(uri, 'bytes */*')
    expect([unknown.status, unknown.headers.get('range')]).toEqual([308, null])
    const first = await send(uri, `bytes 0-${quarterMebibyte - 1}/*`, new Uint8Array(quarterMebibyte).fill(1))
    expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${quarterMebibyte - 1}`])
    const status = await send(uri, 'bytes */*')
    expect([status.status, status.headers.get('range')]).toEqual([308, `bytes=0-${quarterMebibyte - 1}`])
    const rest = `bytes ${quarterMebibyte}-${quarterMebibyte + 9}/${quarterMebibyte + 10}`
    const generation = await generationOf(send(uri, rest, new Uint8Array(10).fill(2)))
    // A client that did not hear of it may ask again.
    expect(await generationOf(send(uri, 'bytes */*'))).toBe(generation)
    const stored = new Uint8Array(await (await objects('/chunks?alt=media')).arrayBuffer())
    expect([stored.length, stored[0], stored.at(-1)]).toEqual([quarterMebibyte + 10, 1, 2])
  })

  it('and refuses a gap, a chunk of odd size, a length that is not true, and a session that nobody started', async () => {
    const uri = await start('name=refused')
    expect((await send(uri, 'bytes 10-19/20', new Uint8Array(10))).status).toBe(400)
    expect((await send(uri, 'bytes 0-9/*', new Uint8Array(10))).status).toBe(400)
    expect((await send(uri, 'bytes 0-9/10', new Uint8Array(9))).status).toBe(400)
    expect((await send(uri, 'bytes 9-0', new Uint8Array(9))).status).toBe(400)
    expect((await send(`${uri}x`, 'bytes */*')).status).toBe(404)
    expect((await objects('/refused')).status).toBe(404)
  })

  it('to its condition, also when another writer came in between', async () => {
    const uri = await start('name=raced&ifGenerationMatch=0')
    await upload('uploadType=media&name=raced', { body: 'the other' })
    expect((await send(uri, 'bytes 0-0/1', new Uint8Array(1))).status).toBe(412)
    expect((await upload('uploadType=resumable&name=raced&ifGenerationMatch=0')).status).toBe(412)
    expect(await (await objects('/raced?alt=media')).text()).toBe('the other')
  })
})
