/** What a stub keeps of an object. */
export interface StubObject {
  readonly bytes: Buffer
  /** In quotes, as it travels. */
  readonly etag: string
  /** Headers of the write that the provider repeats on reads. */
  readonly headers: Readonly<Record<string, string>>
}

export interface StubPage {
  readonly keys: readonly string[]
  /** The last key of the page, when there are more behind it. */
  readonly next: string | undefined
}

export interface StubObjects {
  put(key: string, bytes: Buffer, headers?: Readonly<Record<string, string>>): StubObject
  get(key: string): StubObject | undefined
  list(prefix: string, after: string, limit: number): StubPage
}

/** The objects of a stub's only bucket, in memory. Keys are sorted only when one was added since the last listing. */
export function stubObjects(): StubObjects {
  const objects = new Map<string, StubObject>()
  let sorted: readonly string[] = []
  let version = 0
  return {
    put(key, bytes, headers = {}) {
      version += 1
      const object = { bytes, etag: `"${version.toString(16).padStart(32, '0')}"`, headers }
      objects.set(key, object)
      return object
    },
    get: (key) => objects.get(key),
    list(prefix, after, limit) {
      if (sorted.length !== objects.size) sorted = [...objects.keys()].sort()
      const matching = sorted.filter((key) => key.startsWith(prefix) && key > after)
      const keys = matching.slice(0, limit)
      return { keys, next: matching.length > limit ? keys.at(-1) : undefined }
    },
  }
}
