import { azureStorage } from '@outlast/storage-azure'
import { gcsStorage } from '@outlast/storage-gcs'
import { s3Storage } from '@outlast/storage-s3'
import type { StorageFaults } from '@outlast/storage-testkit'

/** The adapters of the table, in its order. */
export const adapters: Readonly<Record<string, StorageFaults>> = {
  'storage-s3': {
    open: ({ host, port, timeoutMs }) =>
      s3Storage({
        bucket: 'box',
        endpoint: `http://${host}:${port}`,
        credentials: { accessKeyId: 'key-id', secretAccessKey: 'secret' },
        timeoutMs,
      }),
    expiredCredentials: {
      status: 400,
      headers: { 'content-type': 'application/xml' },
      body: '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>',
    },
  },
  'storage-gcs': {
    open: ({ host, port, timeoutMs }) =>
      gcsStorage({ bucket: 'box', apiEndpoint: `http://${host}:${port}`, timeoutMs }),
    objectHeaders: { 'x-goog-generation': '1' },
    expiredCredentials: {
      status: 401,
      headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: '{"error":{"code":401,"message":"Invalid Credentials","errors":[{"message":"Invalid Credentials","domain":"global","reason":"authError"}]}}',
    },
  },
  'storage-azure': {
    open: ({ host, port, timeoutMs }) =>
      azureStorage({
        container: 'box',
        endpoint: `http://${host}:${port}/account`,
        accountName: 'account',
        accountKey: Buffer.from('secret').toString('base64'),
        timeoutMs,
      }),
    objectHeaders: { etag: '"1"', 'x-ms-version': '2026-06-06' },
    expiredCredentials: {
      status: 403,
      headers: {
        'content-type': 'application/xml',
        'x-ms-version': '2026-06-06',
        'x-ms-error-code': 'AuthenticationFailed',
      },
      body: '<?xml version="1.0" encoding="utf-8"?>\n<Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.</Message><AuthenticationErrorDetail>Signed expiry time is not in the future.</AuthenticationErrorDetail></Error>',
    },
  },
}
