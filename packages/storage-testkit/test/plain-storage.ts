import {
  compareKeys,
  StorageError,
  type CallOptions,
  type GetOptions,
  type StorageAdapter,
  type StorageErrorCode,
  type StoredObject,
} from '@outlast/storage'

interface PlainObject {
  bytes: Uint8Array
  etag: string
}

/** The insides of a plain store, for broken variants to reach into. */
export interface PlainStorage extends StorageAdapter {
  readonly objects: Map<string, PlainObject>
}

// Of all stores together, so that adapters may share one.
let writes = 0

/**
 * A correct adapter without `defineStorage`, which would heal or hide half of the defects that the suite has
 * to catch. Broken adapters are this one with a part replaced. `objects` may be shared with others.
 */
export function plainStorage(objects: PlainStorage['objects'] = new Map()): PlainStorage {
  const begin = async (key: string, signal: AbortSignal | undefined): Promise<void> => {
    checkKey(key)
    signal?.throwIfAborted()
    await Promise.resolve()
    signal?.throwIfAborted()
  }
  return {
    name: 'plain:',
    capabilities: { createOnly: true },
    objects,
    get: overloaded(async (key, { signal, ifNoneMatch, maximumBytes = Infinity } = {}) => {
      await begin(key, signal)
      const object = objects.get(key)
      if (object !== undefined && object.etag === ifNoneMatch) return 'not-modified'
      if (object !== undefined && object.bytes.length > maximumBytes) throw failure('too-large')
      return object && { bytes: object.bytes.slice(), etag: object.etag }
    }),
    async put(key, bytes, { signal, ifAbsent } = {}) {
      const own = new Uint8Array(bytes)
      await begin(key, signal)
      if (ifAbsent && objects.has(key)) throw failure('already-exists')
      const etag = `${++writes}`
      objects.set(key, { bytes: own, etag })
      return etag
    },
    async *list(prefix, { signal, after = '', limit = Infinity } = {}) {
      if (prefix.startsWith('../')) throw failure('invalid-key')
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0)
      signal?.throwIfAborted()
      await Promise.resolve()
      signal?.throwIfAborted()
      for (const key of keys.sort(compareKeys).slice(0, limit)) {
        yield key
        signal?.throwIfAborted()
      }
      signal?.throwIfAborted()
    },
    async delete(key, { signal } = {}) {
      await begin(key, signal)
      objects.delete(key)
    },
  }
}

export function failure(code: StorageErrorCode): StorageError {
  return new StorageError({ code, message: `plain: ${code}` })
}

function checkKey(key: string): void {
  const segments = key.split('/')
  if (Buffer.byteLength(key) > 900) throw failure('invalid-key')
  if (!key.isWellFormed() || /[\p{Cc}\\]/u.test(key) || segments.some((segment) => ['', '.', '..'].includes(segment))) {
    throw failure('invalid-key')
  }
}

/** An arrow function cannot spell the overloads of `get`. */
export function overloaded(
  plainGet: (key: string, options?: GetOptions) => Promise<StoredObject | 'not-modified' | undefined>,
): StorageAdapter['get'] {
  function get(
    key: string,
    options?: CallOptions & { readonly ifNoneMatch?: undefined },
  ): Promise<StoredObject | undefined>
  function get(key: string, options: GetOptions): Promise<StoredObject | 'not-modified' | undefined>
  function get(key: string, options?: GetOptions): Promise<StoredObject | 'not-modified' | undefined> {
    return plainGet(key, options)
  }
  return get
}
