import { createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { gcsStorage, type GcsStorageOptions } from '../src/index.ts'
import { certificate, trustCertificate } from './certificate.ts'
import { startFakeGcsServer, type FakeGcsServer } from './fake-gcs-server.ts'
import { startStandInTokenServer, type StandInTokenServer } from './stand-in-token-server.ts'

let folder: string
let tokens: StandInTokenServer
let server: FakeGcsServer
let distrust: () => void
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlast-gcs-'))
  distrust = trustCertificate()
})
afterAll(async () => {
  distrust?.()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  tokens = await startStandInTokenServer()
  server = await startFakeGcsServer({ tls: certificate, access: (header) => tokens.opinion(header) })
  server.createBucket('box')
  // As on Cloud Run, where the library sets no limit to the metadata server; and nothing of this machine's owner.
  vi.stubEnv('K_SERVICE', 'service')
  vi.stubEnv('CLOUDSDK_CONFIG', folder)
  vi.stubEnv('GCE_METADATA_HOST', tokens.host)
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
  vi.stubEnv('NO_PROXY', '127.0.0.1')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.stop()
  await tokens.stop()
})

const open = (options: Partial<GcsStorageOptions> = {}) =>
  gcsStorage({ bucket: 'box', apiEndpoint: server.endpoint, ...options })
const file = async (content: string) => {
  const path = join(folder, `file-${crypto.randomUUID()}`)
  await writeFile(path, content)
  return path
}
const workloadIdentity = async (impersonate?: string) => ({
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: `http://${tokens.host}/v1/token`,
  credential_source: { file: await file('subject token') },
  ...(impersonate && {
    service_account_impersonation_url: `http://${tokens.host}/v1/serviceAccounts/${impersonate}:generateAccessToken`,
  }),
})
const serviceAccountKey = () => ({
  type: 'service_account',
  client_email: 'writer@project.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
})
const bytes = new Uint8Array([1, 2, 3])

describe('gcsStorage with credentials, on a fake of the JSON API with stand-ins for the servers that give tokens', () => {
  it.each(['credentials', 'keyFilename', 'GOOGLE_APPLICATION_CREDENTIALS'])(
    'exchanges a workload identity given by %s at the STS stand-in, and prints nothing',
    async (way) => {
      const warnings = vi.spyOn(console, 'warn')
      const credentials = await workloadIdentity()
      const path = await file(JSON.stringify(credentials))
      if (way === 'GOOGLE_APPLICATION_CREDENTIALS') vi.stubEnv(way, path)
      const given = way === 'credentials' ? { credentials } : way === 'keyFilename' ? { keyFilename: path } : {}
      const storage = open(given)
      await storage.put('key', bytes)
      expect((await storage.get('key'))?.bytes).toEqual(bytes)
      expect(tokens.requests).toMatchObject([{ path: '/v1/token' }])
      expect(new URLSearchParams(tokens.requests[0]?.body).get('subject_token')).toBe('subject token')
      expect(warnings).not.toHaveBeenCalled()
    },
  )

  it('goes on from the STS stand-in to the impersonation of a service account', async () => {
    const storage = open({ credentials: await workloadIdentity('writer') })
    await storage.put('key', bytes)
    expect(tokens.requests.map(({ path }) => path)).toEqual([
      '/v1/token',
      '/v1/serviceAccounts/writer:generateAccessToken',
    ])
  })

  it("exchanges an assertion signed with a service account's key at the stand-in of the token endpoint", async () => {
    vi.stubEnv('HTTPS_PROXY', tokens.proxy)
    await open({ credentials: serviceAccountKey() }).put('key', bytes)
    const assertion = new URLSearchParams(tokens.requests[0]?.body).get('assertion') ?? ''
    const [header, claims = '', signature = ''] = assertion.split('.')
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
    expect(verify.verify(publicKey, signature, 'base64url')).toBe(true)
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'writer@project.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    })
  })

  it('asks the metadata stand-in where nothing else is configured, for the token only', async () => {
    const storage = open()
    await storage.put('key', bytes)
    expect(await storage.get('absent')).toBeUndefined()
    expect(tokens.requests).toHaveLength(1)
    expect(tokens.requests[0]?.path).toMatch(/^\/computeMetadata\/v1\/instance\/service-accounts\/default\/token/)
  })

  it('keeps a token while it is good, and renews it before it expires', async () => {
    const storage = open({ credentials: await workloadIdentity() })
    await storage.put('key', bytes)
    await storage.get('key')
    expect(tokens.requests).toHaveLength(1)
    tokens.expiresIn = 60
    const other = open({ credentials: await workloadIdentity() })
    await other.get('key')
    await other.get('key')
    expect(tokens.requests).toHaveLength(3)
  })

  it('replaces a token that was revoked, without failing the call', async () => {
    const storage = open({ credentials: await workloadIdentity() })
    await storage.put('key', bytes)
    tokens.revokeAll()
    await storage.put('key', bytes, {})
    expect(tokens.requests).toHaveLength(2)
  })

  it('replaces a token that was revoked once for all calls that were refused with it', async () => {
    const storage = open({ credentials: await workloadIdentity() })
    await storage.put('key', bytes)
    tokens.revokeAll()
    await Promise.all(Array.from({ length: 20 }, () => storage.get('key')))
    expect(tokens.requests).toHaveLength(2)
  })

  it('says denied, after one other token, when the service refuses every token', async () => {
    const credentials = await workloadIdentity()
    const refusing = await startFakeGcsServer({ tls: certificate, access: () => 'unauthorized' })
    try {
      const storage = open({ credentials, apiEndpoint: refusing.endpoint })
      await expect(storage.put('key', bytes)).rejects.toMatchObject({
        code: 'denied',
        message: 'gs://box: access denied (HTTP 401 authError)',
      })
      expect(tokens.requests).toHaveLength(2)
    } finally {
      await refusing.stop()
    }
  })

  it('sends no token to a server whose certificate nobody vouches for', async () => {
    const storage = open({ credentials: await workloadIdentity() })
    distrust()
    await expect(storage.get('key')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'gs://box: the store cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT)',
    })
    distrust = trustCertificate()
  })

  it('names the project that pays, where the bucket asks for it', async () => {
    server.createBucket('paid', { requesterPays: true })
    const credentials = await workloadIdentity()
    await expect(open({ credentials, bucket: 'paid' }).put('key', bytes)).rejects.toMatchObject({ code: 'unknown' })
    const storage = open({ credentials, bucket: 'paid', userProject: 'payer' })
    await storage.put('key', bytes)
    expect((await storage.get('key'))?.bytes).toEqual(bytes)
  })
})

describe('gcsStorage with stand-ins for token servers that misbehave', () => {
  it.each([
    ['metadata', () => Promise.resolve({})],
    ['STS', async () => ({ credentials: await workloadIdentity() })],
  ])('ends at the deadline while the %s stand-in hangs, and works once it answers again', async (_which, options) => {
    const storage = open({ ...(await options()), timeoutMs: 300 })
    tokens.behaviour = 'hang'
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(storage.put('key', bytes)).rejects.toMatchObject({ code: 'timeout', retryable: true })
    }
    tokens.behaviour = 'give'
    await storage.put('key', bytes)
  })

  it.each([
    [400, 'denied', 'no usable credentials were found (HTTP 400)'],
    [403, 'denied', 'no usable credentials were found (HTTP 403)'],
    [429, 'throttled', 'the store asks to slow down (HTTP 429)'],
    [503, 'unavailable', 'the server that gives tokens failed (HTTP 503)'],
  ])('takes the answer %i of the STS stand-in for %s', async (status, code, message) => {
    const storage = open({ credentials: await workloadIdentity() })
    tokens.behaviour = { status }
    await expect(storage.get('key')).rejects.toMatchObject({ code, message: `gs://box: ${message}` })
  })

  it.each([
    ['metadata', () => Promise.resolve({})],
    ['STS', async () => ({ credentials: await workloadIdentity() })],
  ])('takes the absence of the %s stand-in for unavailable, not for denied', async (_which, options) => {
    const storage = open(await options())
    await tokens.stop()
    await expect(storage.get('key')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'gs://box: the store cannot be reached (ECONNREFUSED)',
    })
    tokens = await startStandInTokenServer()
  })
})

describe('gcsStorage with broken credentials', () => {
  it.each([
    ['that is not JSON', '{"private_key": "top secret', 'is not JSON'],
    ['that is no object', '"top secret"', 'is not a JSON object'],
    ['of an unknown type', '{"type": "mystery", "secret": "top secret"}', 'the credentials are of no known type'],
    [
      'of a service account without its key',
      '{"type": "service_account", "private_key_id": "top secret"}',
      'the credentials of type service_account are incomplete',
    ],
    [
      'of a workload identity without its audience',
      '{"type": "external_account", "client_secret": "top secret"}',
      'the credentials of type external_account are incomplete',
    ],
  ])('says what is wrong with a credential file %s, and nothing of its content', async (_what, content, problem) => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', await file(content))
    const error = await open()
      .get('key')
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'denied', retryable: false, message: expect.stringContaining(problem) })
    for (let cause = error; cause instanceof Error; cause = cause.cause) expect(cause.message).not.toContain('secret')
  })

  it('says who named a credential file that cannot be read', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'absent.json'))
    await expect(open().get('key')).rejects.toMatchObject({
      code: 'denied',
      message: `gs://box: the credential file ${folder}/absent.json (GOOGLE_APPLICATION_CREDENTIALS) cannot be read: ENOENT`,
    })
    await expect(open({ keyFilename: folder }).get('key')).rejects.toMatchObject({
      code: 'denied',
      message: `gs://box: the credential file ${folder} (keyFilename) cannot be read: EISDIR`,
    })
  })
})
