import type { FakeBucket, FakeObject } from './fake-bucket.ts'

/** The metadata of an object: cloud.google.com/storage/docs/json_api/v1/objects#resource. */
export function objectResource(bucket: FakeBucket, object: FakeObject): Record<string, unknown> {
  const { name, generation, contentType, bytes, md5Hash, timeCreated } = object
  return {
    kind: 'storage#object',
    id: `${bucket.name}/${name}/${generation}`,
    name,
    bucket: bucket.name,
    generation,
    metageneration: '1',
    contentType,
    storageClass: 'STANDARD',
    size: String(bytes.byteLength),
    md5Hash,
    crc32c: object.crc32c,
    etag: Buffer.from(generation).toString('base64'),
    timeCreated,
    updated: timeCreated,
  }
}

export const objectFields = [
  'kind',
  'id',
  'name',
  'bucket',
  'generation',
  'metageneration',
  'contentType',
  'storageClass',
  'size',
  'md5Hash',
  'crc32c',
  'etag',
  'timeCreated',
  'updated',
]
