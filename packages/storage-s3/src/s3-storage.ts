import { defineStorage, type StorageAdapter } from '@outlast/storage'

import { listKeys } from './list-keys.ts'
import { mapS3Error } from './map-s3-error.ts'
import { readBody } from './read-body.ts'
import { s3Connection } from './s3-connection.ts'
import { s3Failure } from './s3-failure.ts'
import { checkS3Options, type S3StorageOptions } from './s3-options.ts'
import { encryptionInput } from './server-side-encryption.ts'
import { unexpectedAnswer } from './unexpected-answer.ts'

/**
 * A bucket on AWS S3 or an S3-compatible server. Needs no network and loads no SDK until the first call.
 *
 * Create-only writes are `If-None-Match: *` (RFC 9110, section 13.1.2). A server that ignores the header
 * cannot be told from here: probe before several writers share a bucket. AWS answers some of several concurrent creators
 * with 409 ConditionalRequestConflict: the outcome is unknown (`conflict`), so read the key again.
 */
export function s3Storage(options: S3StorageOptions): StorageAdapter {
  checkS3Options(options)
  const { bucket } = options
  const timeoutMs = options.timeoutMs ?? 10_000
  const connect = s3Connection(options, timeoutMs)
  const encryption = encryptionInput(options)

  return defineStorage(
    {
      name: `s3://${bucket}`,
      capabilities: { createOnly: true },

      async get(key, { ifNoneMatch, maximumBytes, signal }) {
        const { client, sdk } = await connect(signal)
        const command = new sdk.GetObjectCommand({ Bucket: bucket, Key: key, IfNoneMatch: ifNoneMatch })
        try {
          const response = await client.send(command, { abortSignal: signal })
          return { bytes: await readBody(response, maximumBytes), etag: response.ETag ?? '' }
        } catch (error) {
          const failure = s3Failure(error)
          if (failure.status === 304) return 'not-modified'
          if (failure.status === 404 && failure.code === 'NoSuchKey') return undefined
          throw error
        }
      },

      async put(key, bytes, { ifAbsent, signal }) {
        const { client, sdk } = await connect(signal)
        const condition = ifAbsent ? { IfNoneMatch: '*' } : {}
        const command = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ...condition, ...encryption })
        const response = await client.send(command, { abortSignal: signal })
        return response.ETag ?? ''
      },

      list: (prefix, { after, limit, signal }) => listKeys({ connect, bucket, prefix, after, limit, signal }),

      async delete(key, { signal }) {
        const { client, sdk } = await connect(signal)
        const command = new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key })
        try {
          const { $metadata } = await client.send(command, { abortSignal: signal })
          if ($metadata.httpStatusCode !== 204) throw unexpectedAnswer('a deletion is answered with 204')
        } catch (error) {
          if (s3Failure(error).code !== 'NoSuchKey') throw error
        }
      },

      mapError: mapS3Error,
    },
    { timeoutMs },
  )
}
