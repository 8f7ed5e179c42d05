import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { s3Storage } from '../src/index.ts'
import { startStandIn, type StandIn } from './stand-in.ts'
import { temporaryKeys, type TemporaryKeys } from './temporary-keys.ts'

/** How late a call may end on a machine that has much else to do. */
const toleranceMs = 5000

const hourMs = 3_600_000
let folder: string
let keys: TemporaryKeys
const standIns: StandIn[] = []

async function standIn(...[answer]: Parameters<typeof startStandIn>): Promise<StandIn> {
  const started = await startStandIn(answer)
  standIns.push(started)
  return started
}

async function keysOf(storage: ReturnType<typeof s3Storage>): Promise<string[]> {
  const found: string[] = []
  for await (const key of storage.list('')) found.push(key)
  return found
}

const storageOf = (timeoutMs = 10_000) => s3Storage({ bucket: 'box', endpoint: keys.bucket.endpoint, timeoutMs })

// Loaded now, so that short deadlines are spent on the look-up and not on loading the SDK.
beforeAll(() => import('@aws-sdk/client-s3'))

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 's3-credentials-'))
  keys = await temporaryKeys()
  standIns.push(keys.bucket)
  // Nothing of the machine that runs the tests.
  for (const name of Object.keys(process.env).filter((variable) => variable.startsWith('AWS_')))
    vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'no-config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'no-credentials'))
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(standIns.splice(0).map((started) => started.stop()))
  await rm(folder, { recursive: true })
})

describe('s3Storage with web identity (IRSA), on a stand-in for STS', () => {
  const tokenFile = () => join(folder, 'token')

  /** Gives keys that live for a second for the first token, and for an hour for any other. */
  async function startSts(): Promise<{ endpoint: string; requests: URLSearchParams[] }> {
    const requests: URLSearchParams[] = []
    const { endpoint } = await standIn((_request, body, response) => {
      const request = new URLSearchParams(body)
      requests.push(request)
      const token = request.get('WebIdentityToken') ?? ''
      const key = keys.issue(token, token === 'first' ? 1000 : hourMs)
      response.setHeader('content-type', 'text/xml')
      response.end(`<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
        <AccessKeyId>${key.accessKeyId}</AccessKeyId><SecretAccessKey>${key.secretAccessKey}</SecretAccessKey>
        <SessionToken>${key.sessionToken}</SessionToken><Expiration>${key.expiration}</Expiration>
      </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`)
    })
    return { endpoint, requests }
  }

  const useRole = (stsEndpoint: string) => {
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/gateway')
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', tokenFile())
    vi.stubEnv('AWS_ENDPOINT_URL_STS', stsEndpoint)
  }

  it('gets keys for the token of the file, and new ones for its new token once they have expired', async () => {
    const sts = await startSts()
    useRole(sts.endpoint)
    await writeFile(tokenFile(), 'first')
    const storage = storageOf()
    expect(await keysOf(storage)).toEqual([])
    expect(sts.requests[0]?.get('RoleArn')).toBe('arn:aws:iam::123456789012:role/gateway')
    expect(keys.seen).toEqual([expect.stringMatching(/^first\//)])

    await writeFile(tokenFile(), 'second')
    await delay(1100)
    expect(await keysOf(storage)).toEqual([])
    expect(keys.seen).toEqual([expect.stringMatching(/^first\//), expect.stringMatching(/^second\//)])
    const asked = sts.requests.length
    expect(await keysOf(storage)).toEqual([])
    expect(sts.requests).toHaveLength(asked)
  })

  it.each([
    [403, 'AccessDenied', 'denied', false],
    [400, 'InvalidIdentityToken', 'denied', false],
    [400, 'IDPCommunicationError', 'unavailable', true],
    [503, 'ServiceUnavailable', 'unavailable', true],
  ])('understands the answer %i %s: %s', async (status, stsCode, code, retryable) => {
    const sts = await standIn((_request, _body, response) => {
      response.writeHead(status, { 'content-type': 'text/xml' })
      response.end(`<ErrorResponse><Error><Code>${stsCode}</Code></Error></ErrorResponse>`)
    })
    useRole(sts.endpoint)
    await writeFile(tokenFile(), 'first')
    await expect(keysOf(storageOf())).rejects.toMatchObject({ code, retryable })
  })

  it('says that there are no credentials when the token file is missing, and works once it is there', async () => {
    useRole((await startSts()).endpoint)
    const storage = storageOf()
    await expect(keysOf(storage)).rejects.toMatchObject({
      code: 'denied',
      message: 's3://box: no usable credentials were found (ENOENT)',
    })
    await writeFile(tokenFile(), 'first')
    expect(await keysOf(storage)).toEqual([])
  })

  it('ends a call at its deadline while STS hangs, and the sockets; the next call starts afresh', async () => {
    const working = await startSts()
    const hanging = await standIn(() => undefined)
    useRole(hanging.endpoint)
    await writeFile(tokenFile(), 'first')
    const storage = storageOf(300)
    await expect(keysOf(storage)).rejects.toMatchObject({ code: 'timeout', retryable: true })
    vi.stubEnv('AWS_ENDPOINT_URL_STS', working.endpoint)
    expect(await keysOf(storage)).toEqual([])
    await expect.poll(() => hanging.openConnections()).toBe(0)
  })
})

describe.each([
  [
    'of a container (ECS, EKS Pod Identity)',
    (endpoint: string) => vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${endpoint}/credentials`),
  ],
  [
    'of an instance (IMDS)',
    (endpoint: string) => {
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
      vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', endpoint)
    },
  ],
])('s3Storage with the credentials %s, on a stand-in', (_name, use) => {
  /** Answers as both services do, while it is not hanging; the first key lives for a second. */
  async function startService(): Promise<{ hangs: boolean }> {
    const state = { hangs: false }
    let issued = 0
    const answerTo = (path: string): string => {
      if (path.endsWith('/token')) return 'imds-session'
      if (path.endsWith('/')) return 'role-of-the-instance'
      issued += 1
      const key = keys.issue(`key-${issued}`, issued === 1 ? 1000 : hourMs)
      return JSON.stringify({
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        Token: key.sessionToken,
        Expiration: key.expiration,
      })
    }
    const { endpoint } = await standIn((request, _body, response) => {
      if (!state.hangs) response.end(answerTo(request.url ?? ''))
    })
    use(endpoint)
    return state
  }

  it('gets keys, and new ones once they have expired', async () => {
    await startService()
    const storage = storageOf()
    expect(await keysOf(storage)).toEqual([])
    await delay(1100)
    expect(await keysOf(storage)).toEqual([])
    expect(keys.seen[0]).not.toBe(keys.seen[1])
  })

  it('ends a call at its deadline while the service swallows everything, and the next call starts afresh', async () => {
    const service = await startService()
    service.hangs = true
    const storage = storageOf(300)
    const start = performance.now()
    await expect(keysOf(storage)).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
      // Ours, and not a deadline of the SDK.
      message: expect.stringContaining('did not arrive within 300 ms'),
    })
    expect(performance.now() - start).toBeLessThan(300 + toleranceMs)
    service.hangs = false
    expect(await keysOf(storage)).toEqual([])
  })
})
