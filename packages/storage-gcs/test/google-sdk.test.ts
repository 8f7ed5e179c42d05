import { Storage, type File } from '@google-cloud/storage'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { startFakeGcsServer, type FakeGcsServer } from './fake-gcs-server.ts'

// Keeps the fake honest: what Google's own client is content with cannot be far from the service.
describe("the fake of the JSON API under Google's own SDK", () => {
  let server: FakeGcsServer
  let buckets = 0
  const open = () => {
    const retryOptions = { autoRetry: false, maxRetries: 0 }
    return new Storage({ apiEndpoint: server.endpoint, projectId: 'project', retryOptions }).bucket(`bucket-${buckets}`)
  }
  beforeAll(async () => {
    server = await startFakeGcsServer()
  })
  afterAll(async () => {
    await server?.stop()
  })
  beforeEach(() => {
    buckets += 1
    server.createBucket(`bucket-${buckets}`)
  })
  const sample = (length: number) => Buffer.from(Uint8Array.from({ length }, (_value, index) => index % 251))

  it.each([
    ['in one request', { resumable: false }, [0, 1, 700_000]],
    ['in a resumable session', { resumable: true }, [0, 1, 700_000]],
    // Not without any bytes: the SDK then sends "Content-Range: bytes 0--1/0".
    ['in a resumable session of several chunks', { resumable: true, chunkSize: 256 * 1024 }, [1, 524_288, 700_000]],
  ])('saves an object %s, and downloads the same bytes with their checksum', async (_how, options, lengths) => {
    for (const length of lengths) {
      const file = open().file(`folder/żółć ${length}`)
      await file.save(sample(length), { ...options, contentType: 'application/zstd' })
      const [bytes] = await file.download()
      expect(bytes.equals(sample(length))).toBe(true)
      const [metadata] = await file.getMetadata()
      expect(metadata).toMatchObject({ size: String(length), contentType: 'application/zstd', kind: 'storage#object' })
    }
  })

  it.each([{ resumable: false }, { resumable: true }])(
    'answers a create-only write of a taken name with 412: %o',
    async ({ resumable }) => {
      const file = open().file('key')
      const preconditionOpts = { ifGenerationMatch: 0 }
      await file.save('first', { resumable, preconditionOpts })
      await expect(file.save('second', { resumable, preconditionOpts })).rejects.toMatchObject(
        resumable ? { response: { status: 412 } } : { code: 412 },
      )
      expect((await file.download())[0].toString()).toBe('first')
    },
  )

  it('lists the names in pages and deletes objects', async () => {
    const bucket = open()
    const names = ['a', 'b/1', 'b/2', 'b/3', 'c']
    for (const name of names.toReversed()) await bucket.file(name).save(name, { resumable: false })
    expect((await bucket.getFiles())[0].map(({ name }) => name)).toEqual(names)
    const pages: string[][] = []
    let query: object | null = { maxResults: 2 }
    while (query !== null) {
      const [files, next]: [File[], object | null, unknown] = await bucket.getFiles({ ...query, autoPaginate: false })
      pages.push(files.map(({ name }) => name))
      query = next
    }
    expect(pages).toEqual([['a', 'b/1'], ['b/2', 'b/3'], ['c']])
    const [some] = await bucket.getFiles({ prefix: 'b/', startOffset: 'b/2' })
    expect(some.map(({ name }) => name)).toEqual(['b/2', 'b/3'])
    await bucket.file('b/2').delete()
    await expect(bucket.file('b/2').delete()).rejects.toMatchObject({ code: 404 })
    expect((await bucket.getFiles({ prefix: 'b/' }))[0].map(({ name }) => name)).toEqual(['b/1', 'b/3'])
  })

  it('reads a part of an object', async () => {
    const file = open().file('key')
    await file.save(sample(1000), { resumable: false })
    const [bytes] = await file.download({ start: 10, end: 19 })
    expect(bytes.equals(sample(1000).subarray(10, 20))).toBe(true)
  })

  it('answers for a bucket and for an object that do not exist', async () => {
    await expect(open().file('absent').download()).rejects.toMatchObject({ code: 404 })
    buckets += 1
    await expect(open().getFiles()).rejects.toMatchObject({
      code: 404,
      message: 'The specified bucket does not exist.',
    })
  })
})
