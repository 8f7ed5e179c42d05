import { BlobServiceClient, ContainerSASPermissions } from '@azure/storage-blob'
import { everyCall, storageConformance } from '@outlast/storage-testkit'
import { startAzurite, type Azurite } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { azureStorage, type AzureStorageOptions } from '../src/index.ts'

describeWithServer('azurite', 'azureStorage on Azurite', () => {
  let server: Azurite
  let containers = 0
  beforeAll(async () => {
    server = await startAzurite()
  })
  afterAll(async () => {
    await server?.stop()
  })

  const newContainer = async () => {
    containers += 1
    const container = `container-${containers}`
    await BlobServiceClient.fromConnectionString(server.connectionString).createContainer(container)
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
    create: async () => open({ container: await newContainer() }),
    missingBucket: () => open({ container: 'nowhere' }),
    badCredentials: async () => open({ container: await newContainer(), accountKey: wrongKey }),
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

  it('takes a connection string or a shared access signature as well', async () => {
    const container = await newContainer()
    const byString = azureStorage({ container, connectionString: server.connectionString })
    expect(byString.name).toBe(`azure://outlasttest/${container}`)
    await byString.put('key', new Uint8Array([7]))
    const client = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient(container)
    const url = new URL(
      await client.generateSasUrl({
        permissions: ContainerSASPermissions.parse('rl'),
        expiresOn: new Date(Date.now() + 600_000),
      }),
    )
    const reader = azureStorage({ container, endpoint: server.endpoint, sasToken: url.search })
    expect((await reader.get('key'))?.bytes).toEqual(new Uint8Array([7]))
    await expect(reader.put('key', new Uint8Array([8]))).rejects.toMatchObject({ code: 'denied' })
  })

  it('continues a listing on the next page when the first has nothing but keys that are left out', async () => {
    const container = await newContainer()
    const client = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient(container)
    for (const name of ['a/', 'b/', 'c/', 'd', 'e']) await client.getBlockBlobClient(name).upload('', 0)
    const keys: string[] = []
    for await (const key of open({ container }).list('', { limit: 2 })) keys.push(key)
    expect(keys).toEqual(['d', 'e'])
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
