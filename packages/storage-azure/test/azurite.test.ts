import { AccountSASPermissions, BlobServiceClient, ContainerSASPermissions } from '@azure/storage-blob'
import { compareKeys, type StorageAdapter } from '@outlast/storage'
import { everyCall, storageConformance } from '@outlast/storage-testkit'
import { startAzurite, type Azurite } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { azureStorage, type AzureStorageOptions } from '../src/index.ts'

async function keysOf(listing: AsyncIterable<string>): Promise<string[]> {
  const keys: string[] = []
  for await (const key of listing) keys.push(key)
  return keys
}

describeWithServer('azurite', 'azureStorage on Azurite', () => {
  let server: Azurite
  let containers = 0
  beforeAll(async () => {
    server = await startAzurite()
    await createContainer('faults')
  })
  afterAll(async () => {
    await server?.stop()
  })

  const createContainer = (container: string) =>
    BlobServiceClient.fromConnectionString(server.connectionString).createContainer(container)
  const newContainer = async () => {
    containers += 1
    const container = `container-${containers}`
    await createContainer(container)
    return container
  }
  const open = (options: Partial<AzureStorageOptions> & { container: string }) => {
    const { endpoint, accountName, accountKey } = server
    return azureStorage({ endpoint, accountName, accountKey, ...options })
  }
  const wrongKey = Buffer.from('not-the-right-key').toString('base64')

  storageConformance({
    runner: { describe, it },
    name: 'azureStorage on Azurite',
    listingSize: 1500,
    create: async () => open({ container: await newContainer() }),
    missingBucket: () => open({ container: 'nowhere' }),
    badCredentials: async () => open({ container: await newContainer(), accountKey: wrongKey }),
    pair: async () => {
      const container = await newContainer()
      return { first: open({ container }), second: open({ container }) }
    },
    faults: {
      open: ({ host, port, timeoutMs }) =>
        open({ container: 'faults', endpoint: `http://${host}:${port}/${server.accountName}`, timeoutMs }),
      upstream: () => ({ host: '127.0.0.1', port: Number(new URL(server.endpoint).port) }),
      objectHeaders: { 'x-ms-version': '2025-01-05', etag: '"1"' },
    },
  })

  it('says what is missing or refused in a sentence, without the key', async () => {
    for (const error of await everyCall(open({ container: 'nowhere' }))) {
      expect(error).toMatchObject({
        code: 'bucket-not-found',
        message: 'azure://outlasttest/nowhere: the container does not exist (ContainerNotFound)',
      })
    }
    for (const error of await everyCall(open({ container: await newContainer(), accountKey: wrongKey }))) {
      expect(error).toMatchObject({
        code: 'denied',
        message: `azure://outlasttest/container-${containers}: access denied (AuthorizationFailure)`,
      })
    }
  })

  /** Does what a writer does, and gives what was read and listed. */
  async function writeAndRead(storage: StorageAdapter): Promise<{ bytes: Uint8Array | undefined; keys: string[] }> {
    await storage.put('key', new Uint8Array([7]), { ifAbsent: true })
    const read = await storage.get('key')
    const keys = await keysOf(storage.list(''))
    await storage.delete('key')
    return { bytes: read?.bytes, keys }
  }
  const written = { bytes: new Uint8Array([7]), keys: ['key'] }

  it('takes a connection string with a key', async () => {
    const container = await newContainer()
    const storage = azureStorage({ container, connectionString: server.connectionString })
    expect(storage.name).toBe(`azure://outlasttest/${container}`)
    expect(await writeAndRead(storage)).toEqual(written)
  })

  it('takes a shared access signature of the account, also in a connection string', async () => {
    const container = await newContainer()
    const service = BlobServiceClient.fromConnectionString(server.connectionString)
    const { endpoint } = server
    const sasToken = new URL(service.generateAccountSasUrl(undefined, AccountSASPermissions.parse('rwdlc'), 'co'))
      .search
    expect(await writeAndRead(azureStorage({ container, endpoint, sasToken }))).toEqual(written)
    expect(await writeAndRead(azureStorage({ container, endpoint, sasToken: sasToken.slice(1) }))).toEqual(written)
    const connectionString = `BlobEndpoint=${endpoint};SharedAccessSignature=${sasToken.slice(1)}`
    expect(await writeAndRead(azureStorage({ container, connectionString }))).toEqual(written)
  })

  it('takes a shared access signature of the container, and is denied what that does not allow', async () => {
    const container = await newContainer()
    await open({ container }).put('key', new Uint8Array([7]))
    const client = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient(container)
    const signed = async (permissions: string, lifetimeMs = 600_000) => {
      const expiresOn = new Date(Date.now() + lifetimeMs)
      const url = await client.generateSasUrl({ permissions: ContainerSASPermissions.parse(permissions), expiresOn })
      return azureStorage({ container, endpoint: server.endpoint, sasToken: new URL(url).search })
    }
    const reader = await signed('rl')
    expect((await reader.get('key'))?.bytes).toEqual(new Uint8Array([7]))
    expect(await keysOf(reader.list(''))).toEqual(['key'])
    await expect(reader.put('key', new Uint8Array([8]))).rejects.toMatchObject({ code: 'denied', retryable: false })
    await expect(reader.delete('key')).rejects.toMatchObject({ code: 'denied' })
    const writer = await signed('rcwl')
    await writer.put('other', new Uint8Array([9]), { ifAbsent: true })
    await expect(writer.delete('other')).rejects.toMatchObject({ code: 'denied' })
    for (const error of await everyCall(await signed('rwdl', -60_000))) expect(error).toMatchObject({ code: 'denied' })
  })

  it('refuses an object that is larger than the call allows, and reads one that is as large', async () => {
    const storage = open({ container: await newContainer() })
    await storage.put('key', new Uint8Array(100_000))
    await expect(storage.get('key', { maximumBytes: 99_999 })).rejects.toMatchObject({
      code: 'too-large',
      retryable: false,
      message: expect.stringContaining('the object has 100000 bytes, and at most 99999 were asked for'),
    })
    expect((await storage.get('key', { maximumBytes: 100_000 }))?.bytes).toHaveLength(100_000)
  })

  it('starts a listing after any key, also where UTF-8 and UTF-16 order keys in different ways', async () => {
    const storage = open({ container: await newContainer() })
    const keys = ['a', 'b', 'b!', 'b\u{d7ff}', 'b\u{e000}', 'b\u{ffee}x', 'b\u{10000}', 'b\u{1f600}', 'c'].sort(
      compareKeys,
    )
    for (const key of keys) await storage.put(key, new Uint8Array())
    for (const prefix of ['', 'b', 'b\u{e000}']) {
      for (const after of ['', ...keys, 'a0', 'b\u{fffd}', 'd']) {
        const expected = keys.filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0)
        expect(await keysOf(storage.list(prefix, { after }))).toEqual(expected)
      }
    }
  })

  it('continues a listing on the next page when the first has nothing but keys that are left out', async () => {
    const container = await newContainer()
    const client = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient(container)
    for (const name of ['a/', 'b/', 'c/', 'd', 'e']) await client.getBlockBlobClient(name).upload('', 0)
    expect(await keysOf(open({ container }).list('', { limit: 2 }))).toEqual(['d', 'e'])
  })

  it('ends calls at the deadline while the server is frozen, and works again when it thaws', async () => {
    const container = await newContainer()
    const storage = open({ container, timeoutMs: 300 })
    server.pause()
    try {
      for (const error of await everyCall(storage)) expect(error).toMatchObject({ code: 'timeout', retryable: true })
    } finally {
      server.resume()
    }
    const patient = open({ container })
    await patient.put('after', new Uint8Array([2]))
    expect((await patient.get('after'))?.bytes).toEqual(new Uint8Array([2]))
  })
})
