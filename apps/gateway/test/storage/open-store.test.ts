import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpAnswer, startRawServer, type RawServer } from '@outlast/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../src/storage/open-store.ts'
import { startCarelessS3Server } from './careless-s3-server.ts'

const keys = { accessKeyId: 'our-id', secretAccessKey: 'our-secret' }
const bytes = new TextEncoder().encode('content')

describe('a place opens the store that answers there, and asks it with everything that the place says', () => {
  let server: RawServer
  let isSilent: boolean
  let requests: string[]

  beforeEach(async () => {
    isSilent = false
    requests = []
    server = await startRawServer((socket, request) => {
      requests.push(request)
      if (!isSilent) socket.end(httpAnswer(403))
    })
  })
  afterEach(async () => {
    await server.stop()
  })

  /** The request that reading or writing this key makes. */
  const requestOf = async (place: Parameters<typeof openStore>[0], call: 'get' | 'put' = 'get'): Promise<string> => {
    const store = openStore(place)
    const answer = call === 'get' ? store.get('key') : store.put('key', bytes)
    await expect(answer).rejects.toMatchObject({ code: 'denied' })
    expect(requests).toHaveLength(1)
    return requests[0] ?? ''
  }

  it('S3: bucket, prefix, region, keys, session token', async () => {
    const credentials = { ...keys, sessionToken: 'our-token' }
    const { endpoint } = server
    const options = { bucket: 'backups', region: 'ap-south-1', endpoint, credentials }
    const request = await requestOf({ adapter: 's3', options, prefix: '/prod/eu/' })
    expect(request).toMatch(/^GET \/backups\/prod\/eu\/key\?/)
    expect(request).toMatch(/Credential=our-id\/\d+\/ap-south-1\/s3\/aws4_request/)
    expect(request).toMatch(/^x-amz-security-token: our-token\r$/im)
    expect(request).not.toContain('our-secret')
  })

  it('S3: encryption with a key of its own', async () => {
    const encryption = { serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/backup' } as const
    const options = { bucket: 'backups', endpoint: server.endpoint, credentials: keys, ...encryption }
    const request = await requestOf({ adapter: 's3', options }, 'put')
    expect(request).toMatch(/^x-amz-server-side-encryption: aws:kms\r$/im)
    expect(request).toMatch(/^x-amz-server-side-encryption-aws-kms-key-id: alias\/backup\r$/im)
  })

  it('Azure: container, prefix, account and key', async () => {
    const account = { accountName: 'acc', accountKey: 'c2VjcmV0' }
    const options = { container: 'backups', endpoint: `${server.endpoint}/acc`, ...account }
    const request = await requestOf({ adapter: 'azure', options, prefix: 'prod' })
    expect(request).toMatch(/^GET \/acc\/backups\/prod\/key[ ?]/)
    expect(request).toMatch(/^authorization: SharedKey acc:/im)
  })

  it('Azure: a shared access signature', async () => {
    const options = { container: 'backups', endpoint: `${server.endpoint}/acc`, sasToken: 'sv=1&sig=ours' }
    const request = await requestOf({ adapter: 'azure', options })
    expect(request).toMatch(/^GET \/acc\/backups\/key\?sv=1&sig=ours/)
  })

  it('GCS: bucket, prefix, the project that pays', async () => {
    const options = { bucket: 'backups', apiEndpoint: server.endpoint, userProject: 'billing' }
    const request = await requestOf({ adapter: 'gcs', options, prefix: 'prod' })
    expect(request).toContain('/b/backups/o/prod%2Fkey')
    expect(request).toContain('userProject=billing')
  })

  it.each([
    [
      's3',
      (endpoint: string) =>
        ({ adapter: 's3', options: { bucket: 'b', endpoint, credentials: keys, timeoutMs: 50 } }) as const,
    ],
    [
      'azure',
      (endpoint: string) =>
        ({ adapter: 'azure', options: { container: 'b', endpoint, sasToken: 'sig=x', timeoutMs: 50 } }) as const,
    ],
    [
      'gcs',
      (apiEndpoint: string) => ({ adapter: 'gcs', options: { bucket: 'b', apiEndpoint, timeoutMs: 50 } }) as const,
    ],
  ])('%s: how long it may take', async (_adapter, placeAt) => {
    isSilent = true
    await expect(openStore(placeAt(server.endpoint)).get('key')).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('within 50 ms'),
    })
  })
})

describe('a folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-place-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('is opened, with the part of it that is meant', async () => {
    const options = { path: join(folder, 'store') }
    await openStore({ adapter: 'fs', options, prefix: 'prod/' }).put('key', bytes)
    expect((await openStore({ adapter: 'fs', options }).get('prod/key'))?.bytes).toEqual(bytes)
    expect(await readdir(join(folder, 'store/prod'))).toEqual(['key'])
  })

  it('is refused with a prefix that leaves it', () => {
    const open = () => openStore({ adapter: 'fs', options: { path: folder }, prefix: '../elsewhere' })
    expect(open).toThrow(expect.objectContaining({ code: 'invalid-key' }))
  })
})

describe('a store that ignores conditions', () => {
  const placeAt = (endpoint: string) =>
    ({ adapter: 's3', options: { bucket: 'b', endpoint, credentials: keys }, prefix: 'prod' }) as const

  it('overwrites what is there', async () => {
    await using server = await startCarelessS3Server()
    const store = openStore(placeAt(server.endpoint))
    await store.put('key', bytes, { ifAbsent: true })
    await store.put('key', new Uint8Array(), { ifAbsent: true })
    expect((await store.get('key'))?.bytes).toEqual(new Uint8Array())
  })

  it('does not, when the operator has stated that there is a single writer', async () => {
    await using server = await startCarelessS3Server()
    const store = openStore({ ...placeAt(server.endpoint), singleWriter: true })
    expect(store.name).toBe('s3://b/prod')
    expect(store.capabilities.createOnly).toBe(true)
    await store.put('key', bytes, { ifAbsent: true })
    await expect(store.put('key', new Uint8Array(), { ifAbsent: true })).rejects.toMatchObject({
      code: 'already-exists',
    })
    expect((await store.get('key'))?.bytes).toEqual(bytes)
  })
})
