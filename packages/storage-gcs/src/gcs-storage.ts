import { defineStorage, type StorageAdapter } from '@outlast/storage'

import { authorization } from './authorization.ts'
import { GcsAnswerError } from './gcs-answer-error.ts'
import { checkGcsOptions, defaultEndpoint, type GcsStorageOptions } from './gcs-options.ts'
import { jsonApi } from './json-api.ts'
import { listKeys } from './list-keys.ts'
import { mapGcsError } from './map-gcs-error.ts'
import { readJson, readMedia } from './read-answer.ts'
import { unexpectedAnswer } from './unexpected-answer.ts'

const statusOf = (error: unknown) => (error instanceof GcsAnswerError ? error.status : undefined)

/**
 * A bucket of Google Cloud Storage. Needs no network and loads no SDK until the first call.
 *
 * Create-only writes are `ifGenerationMatch=0`. The etag is the object's generation.
 */
export function gcsStorage(options: GcsStorageOptions): StorageAdapter {
  checkGcsOptions(options)
  const { bucket, apiEndpoint = defaultEndpoint, timeoutMs } = options
  const api = jsonApi(apiEndpoint, authorization(options))
  const objects = `/storage/v1/b/${encodeURIComponent(bucket)}/o`
  const object = (key: string) => `${objects}/${encodeURIComponent(key)}`

  /** A missing object and a missing bucket are the same 404, and so is a proxy's; only a listing tells. Rejects unless the bucket is there. */
  async function requireBucket(signal: AbortSignal): Promise<void> {
    const query = { maxResults: 1, fields: 'kind' }
    await readJson(await api({ method: 'GET', path: objects, query, signal }), 'storage#objects')
  }

  return defineStorage(
    {
      name: `gs://${bucket}`,
      capabilities: { createOnly: true },

      async get(key, { ifNoneMatch, signal }) {
        const query = { alt: 'media', ifGenerationNotMatch: ifNoneMatch }
        try {
          const response = await api({ method: 'GET', path: object(key), query, signal })
          const etag = response.headers.get('x-goog-generation')
          const bytes = await readMedia(response)
          if (etag === null) throw unexpectedAnswer('an object has a generation')
          return { bytes, etag }
        } catch (error) {
          if (statusOf(error) === 304) return 'not-modified'
          if (statusOf(error) !== 404) throw error
          await requireBucket(signal)
          return undefined
        }
      },

      async put(key, bytes, { ifAbsent, signal }) {
        const path = `/upload${objects}`
        const condition = { ifGenerationMatch: ifAbsent ? 0 : undefined }
        const query = { uploadType: 'media', name: key, fields: 'kind,generation,size', ...condition }
        const response = await api({ method: 'POST', path, query, body: new Uint8Array(bytes), signal })
        const { generation, size } = await readJson(response, 'storage#object')
        if (typeof generation !== 'string' || size !== String(bytes.byteLength)) {
          throw unexpectedAnswer('a stored object has a generation and the size that was sent')
        }
        return generation
      },

      list: (prefix, { after, limit, signal }) => listKeys({ api, path: objects, prefix, after, limit, signal }),

      async delete(key, { signal }) {
        try {
          const response = await api({ method: 'DELETE', path: object(key), signal })
          await response.body?.cancel()
          if (response.status !== 204) throw unexpectedAnswer('a deletion is answered with 204')
        } catch (error) {
          if (statusOf(error) !== 404) throw error
          await requireBucket(signal)
        }
      },

      mapError: mapGcsError,
    },
    { timeoutMs },
  )
}
