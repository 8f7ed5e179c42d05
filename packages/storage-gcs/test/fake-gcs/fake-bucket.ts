import { createHash } from 'node:crypto'

import { crc32c } from './crc32c.ts'

export interface FakeObject {
  readonly name: string
  readonly bytes: Buffer
  /** Rises with every write in the server, like the service's microseconds. */
  readonly generation: string
  readonly contentType: string
  readonly timeCreated: string
  /** Base64. */
  readonly crc32c: string
  /** Base64. */
  readonly md5Hash: string
}

export interface BucketRules {
  /** Requests name a project of their own. */
  readonly requesterPays?: boolean
  /** Nobody has `storage.objects.delete`: no deletion, and no overwriting, whatever its condition. */
  readonly keepsEverything?: boolean
}

export interface FakeBucket {
  readonly name: string
  readonly rules: BucketRules
  get(name: string): FakeObject | undefined
  put(object: { readonly name: string; readonly bytes: Buffer; readonly contentType: string }): FakeObject
  delete(name: string): void
  /** By UTF-8 bytes. */
  names(): readonly string[]
}

export interface FakeBucketOptions {
  readonly name: string
  readonly rules: BucketRules
  readonly nextGeneration: () => string
}

export function fakeBucket({ name: bucketName, rules, nextGeneration }: FakeBucketOptions): FakeBucket {
  const objects = new Map<string, FakeObject>()
  let sorted: readonly string[] | undefined
  return {
    name: bucketName,
    rules,
    get: (name) => objects.get(name),
    put({ name, bytes, contentType }) {
      const object = {
        name,
        bytes,
        generation: nextGeneration(),
        contentType,
        timeCreated: new Date().toISOString(),
        crc32c: crc32c(bytes),
        md5Hash: createHash('md5').update(bytes).digest('base64'),
      }
      if (!objects.has(name)) sorted = undefined
      objects.set(name, object)
      return object
    },
    delete(name) {
      if (objects.delete(name)) sorted = undefined
    },
    names: () => (sorted ??= [...objects.keys()].sort(byBytes)),
  }
}

/** The order of listings. */
export function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
