import { expect, it, onTestFinished, vi } from 'vitest'

import { gcsStorage } from '../src/index.ts'
import { certificate, trustCertificate } from './certificate.ts'
import { startFakeGcsServer } from './fake-gcs-server.ts'
import { startStandInTokenServer } from './stand-in-token-server.ts'

// In a file of its own, because Google's library remembers for the life of the process whose machine it is on.
it('gcsStorage finds a metadata stand-in that was not there at the first call', async () => {
  let tokens = await startStandInTokenServer()
  const server = await startFakeGcsServer({ tls: certificate, access: (header) => tokens.opinion(header) })
  const distrust = trustCertificate()
  onTestFinished(async () => {
    distrust()
    vi.unstubAllEnvs()
    await Promise.all([server.stop(), tokens.stop()])
  })
  server.createBucket('box')
  // Neither Cloud Run nor anybody else says that there is a metadata server: it has to be looked for.
  for (const name of ['K_SERVICE', 'GOOGLE_APPLICATION_CREDENTIALS']) vi.stubEnv(name, undefined)
  vi.stubEnv('CLOUDSDK_CONFIG', import.meta.dirname)
  vi.stubEnv('NO_PROXY', '127.0.0.1')
  vi.stubEnv('GCE_METADATA_HOST', tokens.host)
  await tokens.stop()

  const storage = gcsStorage({ bucket: 'box', apiEndpoint: server.endpoint })
  await expect(storage.get('key')).rejects.toMatchObject({
    code: 'denied',
    retryable: true,
    message: 'gs://box: no usable credentials were found',
  })
  tokens = await startStandInTokenServer()
  vi.stubEnv('GCE_METADATA_HOST', tokens.host)
  expect(await storage.get('key')).toBeUndefined()
})
