import type { StoredObject } from '@outlast/storage'

/** What a bucket holds, and who is told of changes, before the next step is taken. */
export interface Bucket {
  readonly objects: Map<string, StoredObject>
  /** `false` when the key is taken. */
  put(key: string, bytes: Uint8Array, ifAbsent: boolean): boolean
  delete(key: string): void
  readonly listeners: ((change: BucketChange) => void)[]
}

export interface BucketChange {
  readonly key: string
  readonly before: Uint8Array | undefined
  readonly after: Uint8Array | undefined
}

export function bucket(initial: ReadonlyMap<string, StoredObject> = new Map()): Bucket {
  const objects = new Map(initial)
  const listeners: Bucket['listeners'] = []
  let writes = objects.size
  const tell = (change: BucketChange): void => {
    for (const listener of listeners) listener(change)
  }
  return {
    objects,
    listeners,
    put(key, bytes, ifAbsent) {
      const before = objects.get(key)?.bytes
      if (ifAbsent && before !== undefined) return false
      writes += 1
      objects.set(key, { bytes: bytes.slice(), etag: `"${writes}"` })
      tell({ key, before, after: bytes })
      return true
    },
    delete(key) {
      const before = objects.get(key)?.bytes
      if (!objects.delete(key)) return
      tell({ key, before, after: undefined })
    },
  }
}
