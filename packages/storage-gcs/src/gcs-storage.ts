import { defineStorage, StorageError, type StorageAdapter, type StorageDefinition } from '@outlast/storage'

import { authorization, noAuthorization } from './authorization.ts'
import { GcsAnswerError } from './gcs-answer-error.ts'
import { checkGcsOptions, defaultEndpoint, type GcsStorageOptions } from './gcs-options.ts'
import { jsonApi } from './json-api.ts'
import { listKeys, namesOf } from './list-keys.ts'
import { mapGcsError } from './map-gcs-error.ts'
import { readJson, readMedia } from './read-answer.ts'
import { unexpectedAnswer } from './unexpected-answer.ts'

type ReadOptions = Parameters<StorageDefinition['get']>[1]

const keyTaken = (cause: unknown) => new StorageError({ code: 'already-exists', message: 'the key is taken', cause })
const statusOf = (error: unknown) => (error instanceof GcsAnswerError ? error.status : undefined)

/**
 * A bucket of Google Cloud Storage. Needs no network and loads no SDK until the first call.
 *
 * Create-only writes are `ifGenerationMatch=0`. The etag is the object's generation.
 *
 * Objects of any size that the contract allows are sent in one request ("media" upload). Resumable uploads are for
 * going on after an interruption, which outlives a call: here a call has one deadline, and a write that missed it is
 * sent again as a whole.
 */
export function gcsStorage(options: GcsStorageOptions): StorageAdapter {
  checkGcsOptions(options)
  const { bucket, apiEndpoint: endpoint = defaultEndpoint, userProject, timeoutMs } = options
  const identity = endpoint.startsWith('http:') ? noAuthorization : authorization(options)
  const api = jsonApi({ endpoint, authorization: identity, userProject })
  const objects = `/storage/v1/b/${encodeURIComponent(bucket)}/o`
  const object = (key: string) => `${objects}/${encodeURIComponent(key)}`

  /**
   * A missing object and a missing bucket are the same 404, and a proxy's may come just once; only a listing tells. Rejects
   * when the bucket is missing. Of the keys that start with this one, it would be the first.
   */
  async function isListed(key: string, signal: AbortSignal): Promise<boolean> {
    const query = { prefix: key, maxResults: 1, fields: 'kind,items/name' }
    const page = await readJson(await api({ method: 'GET', path: objects, query, signal }), 'storage#objects')
    return [...namesOf(page)].includes(key)
  }

  /** `undefined` after a 404, whose meaning is open. */
  async function read(key: string, { ifNoneMatch, maximumBytes, signal }: ReadOptions) {
    // Anything but a generation is another store's etag, which the service would refuse.
    const known = ifNoneMatch !== undefined && /^\d{1,18}$/.test(ifNoneMatch) ? ifNoneMatch : undefined
    const query = { alt: 'media', ifGenerationNotMatch: known }
    try {
      const response = await api({ method: 'GET', path: object(key), query, signal })
      const bytes = await readMedia(response, maximumBytes)
      const etag = response.headers['x-goog-generation']
      if (typeof etag !== 'string') throw unexpectedAnswer('an object has a generation')
      return { bytes, etag }
    } catch (error) {
      if (statusOf(error) === 304) return 'not-modified'
      if (statusOf(error) === 404) return undefined
      throw error
    }
  }

  /** False after a 404, whose meaning is open. */
  async function remove(key: string, signal: AbortSignal): Promise<boolean> {
    try {
      const response = await api({ method: 'DELETE', path: object(key), signal })
      if (response.statusCode !== 204) {
        response.destroy() // whatever it is, it may have no end
        throw unexpectedAnswer('a deletion is answered with 204')
      }
      response.resume()
      return true
    } catch (error) {
      if (statusOf(error) === 404) return false
      throw error
    }
  }

  async function exists(key: string, signal: AbortSignal): Promise<boolean> {
    try {
      await readJson(
        await api({ method: 'GET', path: object(key), query: { fields: 'kind' }, signal }),
        'storage#object',
      )
      return true
    } catch (error) {
      if (error instanceof GcsAnswerError) return false
      throw error
    }
  }

  return defineStorage(
    {
      name: `gs://${bucket}`,
      capabilities: { createOnly: true },

      async get(key, getOptions) {
        const found = await read(key, getOptions)
        if (found !== undefined || !(await isListed(key, getOptions.signal))) return found
        // It was created just now, or the 404 was not the store's.
        const again = await read(key, getOptions)
        if (again === undefined) throw unexpectedAnswer('what is listed can be read')
        return again
      },

      async put(key, bytes, { ifAbsent, signal }) {
        const path = `/upload${objects}`
        const condition = { ifGenerationMatch: ifAbsent ? 0 : undefined }
        const query = { uploadType: 'media', name: key, fields: 'kind,generation,size', ...condition }
        try {
          const response = await api({ method: 'POST', path, query, body: bytes, signal })
          const { generation, size } = await readJson(response, 'storage#object')
          if (typeof generation !== 'string' || size !== String(bytes.byteLength)) {
            throw unexpectedAnswer('a stored object has a generation and the size that was sent')
          }
          return generation
        } catch (error) {
          // A taken name asks for the permission to delete, too, which a writer need not have.
          if (ifAbsent && statusOf(error) === 403 && (await exists(key, signal))) throw keyTaken(error)
          throw error
        }
      },

      list: (prefix, { after, limit, signal }) => listKeys({ api, path: objects, prefix, after, limit, signal }),

      async delete(key, { signal }) {
        if ((await remove(key, signal)) || !(await isListed(key, signal))) return
        if (!(await remove(key, signal))) throw unexpectedAnswer('what is listed can be deleted')
      },

      mapError: mapGcsError,
    },
    { timeoutMs },
  )
}
