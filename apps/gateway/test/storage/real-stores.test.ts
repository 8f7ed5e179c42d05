import { startAzurite, startRadosgw, type Azurite, type Radosgw } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { storageFromUrl } from '../../src/storage/urls/storage-from-url.ts'
import { openFallback } from './open-fallback.ts'

const bytes = new TextEncoder().encode('content')

describeWithServer('radosgw', 'a block and a URL mean the same on a real Ceph radosgw', () => {
  let server: Radosgw
  beforeAll(async () => {
    server = await startRadosgw()
    for (const bucket of ['config', 'resources']) await server.createBucket(bucket)
  })
  afterAll(async () => {
    await server?.stop()
  })
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  const blockOf = (keys: string): string =>
    `aws_s3: { config_bucket: config, resource_bucket: resources, endpoint: "${server.endpoint}", prefix: prod/eu, ${keys} }`
  const url = (bucket: string): string => `s3://${bucket}/prod/eu?endpoint=${server.endpoint}`
  const setKeys = (secretAccessKey: string): void => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', server.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey)
  }

  it('with the keys of the block, and with those of the environment', async () => {
    const [withKeys] = openFallback(
      blockOf(`access_key: ${server.accessKeyId}, secret_key: "${server.secretAccessKey}"`),
    ).stores
    await withKeys?.instance.put('a', bytes, { ifAbsent: true })
    setKeys(server.secretAccessKey)
    const environment = process.env
    expect((await storageFromUrl(url('config'), { environment }).get('a'))?.bytes).toEqual(bytes)
    expect(await storageFromUrl(url('resources'), { environment }).get('a')).toBeUndefined()

    await storageFromUrl(url('resources'), { environment }).put('b', bytes)
    const [withoutKeys] = openFallback(blockOf('timeout: 5'), 'read').stores
    expect((await withoutKeys?.resources.get('b'))?.bytes).toEqual(bytes)
  })

  it('and with the wrong ones both are denied', async () => {
    setKeys('not-the-right-secret')
    const [wrong] = openFallback(blockOf('timeout: 5')).stores
    await expect(wrong?.instance.get('a')).rejects.toMatchObject({ code: 'denied' })
    const environment = process.env
    await expect(storageFromUrl(url('config'), { environment }).get('a')).rejects.toMatchObject({ code: 'denied' })
  })
})

describeWithServer('azurite', 'a block and a URL mean the same on Azurite', () => {
  let server: Azurite
  beforeAll(async () => {
    server = await startAzurite()
  })
  afterAll(async () => {
    await server?.stop()
  })

  const wrongKey = Buffer.from('not-the-right-key').toString('base64')
  const account = (key: string): string =>
    `account_name: ${server.accountName}, account_key: "${key}", endpoint: "${server.endpoint}"`
  const url = (): string => `azblob://nowhere/prod?account=${server.accountName}&endpoint=${server.endpoint}`

  // The server says what is not there only to who proves to be allowed to know.
  it.each([
    ['a key', () => account(server.accountKey), 'bucket-not-found'],
    ['another key', () => account(wrongKey), 'denied'],
    ['a connection string', () => `connection_string: "${server.connectionString}"`, 'bucket-not-found'],
  ])('a block with %s is let in or not', async (_what, fields, code) => {
    const [store] = openFallback(`azure_blob: { config_container: nowhere, prefix: prod, ${fields()} }`).stores
    await expect(store?.instance.get('a')).rejects.toMatchObject({ code })
  })

  it.each([
    ['a key', () => ({ AZURE_STORAGE_KEY: server.accountKey }), 'bucket-not-found'],
    ['another key', () => ({ AZURE_STORAGE_KEY: wrongKey }), 'denied'],
    ['an invented signature', () => ({ AZURE_STORAGE_SAS_TOKEN: 'sv=2022-11-02&sig=eA==' }), 'denied'],
  ])('a URL with %s in the environment is let in or not', async (_what, environment, code) => {
    const store = storageFromUrl(url(), { environment: environment() })
    await expect(store.get('a')).rejects.toMatchObject({ code })
  })

  it('a URL with a connection string in the environment needs nothing else', async () => {
    const environment = { AZURE_STORAGE_CONNECTION_STRING: server.connectionString }
    const store = storageFromUrl('azblob://nowhere/prod', { environment })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'bucket-not-found' })
  })
})
