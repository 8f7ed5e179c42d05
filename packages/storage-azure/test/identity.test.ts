import { BlobServiceClient } from '@azure/storage-blob'
import { startAzurite, type Azurite } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { azureStorage, type AzureStorageOptions } from '../src/index.ts'
import { certificatePaths, trustCertificate } from './certificate.ts'
import { startStandInIdentity, storageToken, type StandInIdentity } from './stand-in-identity.ts'

/** How late a call may end on a machine that has much else to do. */
const toleranceMs = 5000

const bytes = new Uint8Array([1])

describeWithServer('azurite', 'azureStorage with an identity, on Azurite over TLS', () => {
  let server: Azurite
  let identity: StandInIdentity
  let distrust: () => void
  const container = 'box'

  const open = (options: Partial<AzureStorageOptions> = {}) =>
    azureStorage({ container, endpoint: server.endpoint, ...options })

  beforeAll(async () => {
    // Read once, and kept by the SDK.
    vi.stubEnv('NO_PROXY', '127.0.0.1')
    distrust = trustCertificate()
    identity = await startStandInIdentity()
    server = await startAzurite({ tls: certificatePaths })
    await BlobServiceClient.fromConnectionString(server.connectionString).createContainer(container)
    // Loaded now, so that short deadlines are spent on the look-up and not on loading the SDK.
    await import('@azure/identity')
  })
  afterAll(async () => {
    await server?.stop()
    await identity?.stop()
    distrust?.()
  })
  beforeEach(() => {
    identity.reset()
    // Nothing of the machine that runs the tests; and the library keeps the tokens of each identity for as long as it runs.
    for (const name of Object.keys(process.env).filter((variable) => variable.startsWith('AZURE_'))) {
      vi.stubEnv(name, undefined)
    }
    vi.stubEnv('AZURE_CLIENT_ID', crypto.randomUUID())
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'prod')
  })
  afterEach(() => vi.unstubAllEnvs())

  describe('that the caller gives', () => {
    const giving = (token: string | null) => ({
      getToken: () => Promise.resolve(token === null ? null : { token, expiresOnTimestamp: Date.now() + 3_600_000 }),
    })

    it('writes and reads with its tokens, and asks for one once', async () => {
      const credential = giving(storageToken({}))
      const getToken = vi.spyOn(credential, 'getToken')
      const storage = open({ credential })
      await storage.put('given', bytes)
      expect((await storage.get('given'))?.bytes).toEqual(bytes)
      expect(getToken).toHaveBeenCalledOnce()
      expect(getToken).toHaveBeenCalledWith(['https://storage.azure.com/.default'], expect.anything())
    })

    it('is denied with a token for something else', async () => {
      const storage = open({ credential: giving(storageToken({ audience: 'https://management.azure.com' })) })
      await expect(storage.get('given')).rejects.toMatchObject({ code: 'denied', retryable: false })
    })
  })

  describe('that @azure/identity finds: a managed identity, on a stand-in for the metadata of a virtual machine', () => {
    beforeEach(() => vi.stubEnv('AZURE_POD_IDENTITY_AUTHORITY_HOST', identity.endpoint))

    it('writes and reads, with a new token once the first has expired', async () => {
      identity.lifetimeSeconds = 2
      const storage = open()
      await storage.put('managed', bytes)
      const asked = identity.requests.length
      identity.lifetimeSeconds = 3600
      await delay(2100)
      expect((await storage.get('managed'))?.bytes).toEqual(bytes)
      expect(identity.requests.length).toBeGreaterThan(asked)
    })

    it('ends a call at its deadline while the service swallows everything, and the next call starts afresh', async () => {
      identity.hangs = true
      const storage = open({ timeoutMs: 1000 })
      const start = performance.now()
      await expect(storage.put('managed', bytes)).rejects.toMatchObject({ code: 'timeout', retryable: true })
      expect(performance.now() - start).toBeLessThan(1000 + toleranceMs)
      identity.hangs = false
      await storage.put('managed', bytes)
    })

    it('says that there are no usable credentials when the service refuses', async () => {
      identity.status = 400
      await expect(open().put('managed', bytes)).rejects.toMatchObject({
        code: 'denied',
        message: expect.stringContaining('no usable credentials were found'),
      })
    })
  })

  describe('that @azure/identity finds: a workload identity, on a stand-in for login.microsoftonline.com', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'azure-identity-'))
      vi.stubEnv('AZURE_TENANT_ID', '22222222-2222-2222-2222-222222222222')
      vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', join(folder, 'token'))
      vi.stubEnv('HTTPS_PROXY', identity.proxy)
      await writeFile(join(folder, 'token'), 'federated-token')
    })
    afterEach(() => rm(folder, { recursive: true }))

    it('exchanges the token of the file for one of the storage service', async () => {
      const storage = open()
      await storage.put('workload', bytes)
      expect((await storage.get('workload'))?.bytes).toEqual(bytes)
      expect(identity.requests).toHaveLength(1)
      const [request] = identity.requests
      expect(request?.url).toMatch(/^\/22222222-2222-2222-2222-222222222222\/oauth2\/v2\.0\/token/)
      expect(request?.form.get('client_assertion')).toBe('federated-token')
      expect(request?.form.get('scope')).toBe('https://storage.azure.com/.default')
    })
  })
})
