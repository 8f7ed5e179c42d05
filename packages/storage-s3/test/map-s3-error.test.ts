import { expect, it } from 'vitest'

import { mapS3Error } from '../src/map-s3-error.ts'

const nodeError = (code: string) => Object.assign(new Error('secret detail'), { code })

it.each([
  ['ENOTFOUND', 'unavailable'],
  ['EAI_AGAIN', 'unavailable'],
  ['ECONNRESET', 'unavailable'],
  ['CERT_HAS_EXPIRED', 'unavailable'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'unavailable'],
  ['HPE_INVALID_CONSTANT', 'invalid-response'],
])("maps Node's %s to %s and does not repeat the message", (nodeCode, code) => {
  const mapped = mapS3Error(nodeError(nodeCode))
  expect(mapped).toMatchObject({ code })
  expect(mapped?.message).toContain(nodeCode)
  expect(mapped?.message).not.toContain('secret')
})

it('says what to do when no region or no credentials are found', () => {
  expect(mapS3Error(new Error('Region is missing'))?.message).toContain('AWS_REGION')
  const noCredentials = Object.assign(new Error('secret detail'), { name: 'CredentialsProviderError' })
  expect(mapS3Error(noCredentials)).toEqual({
    code: 'denied',
    message: 'no usable credentials were found (CredentialsProviderError)',
    retryable: true,
  })
})

it('does not guess about errors that are none of the store', () => {
  expect(mapS3Error(nodeError('ERR_INVALID_ARG_TYPE'))).toBeUndefined()
  expect(mapS3Error(new TypeError('a bug'))).toBeUndefined()
  expect(mapS3Error('a string')).toBeUndefined()
})
