import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { startRadosgw, type Radosgw } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { everyCall, storageConformance } from '@outlast/storage-testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { s3Storage, type S3StorageOptions } from '../src/index.ts'

describeWithServer('radosgw', 's3Storage on a real Ceph radosgw', () => {
  let server: Radosgw
  let buckets = 0
  beforeAll(async () => {
    server = await startRadosgw()
    await server.createBucket('faults')
  })
  afterAll(async () => {
    await server?.stop()
  })

  const newBucket = async () => {
    buckets += 1
    const bucket = `bucket-${buckets}`
    await server.createBucket(bucket)
    return bucket
  }
  const open = (options: Partial<S3StorageOptions> & { bucket: string }) => {
    const { endpoint, accessKeyId, secretAccessKey } = server
    return s3Storage({ endpoint, credentials: { accessKeyId, secretAccessKey }, ...options })
  }

  storageConformance({
    runner: { describe, it },
    name: 's3Storage on radosgw',
    // More than one page of ListObjectsV2.
    listingSize: 1500,
    create: async () => open({ bucket: await newBucket() }),
    missingBucket: () => open({ bucket: 'nowhere' }),
    badCredentials: async () =>
      open({
        bucket: await newBucket(),
        credentials: { accessKeyId: server.accessKeyId, secretAccessKey: 'not-the-right-secret' },
      }),
    pair: async () => {
      const bucket = await newBucket()
      return { first: open({ bucket }), second: open({ bucket }) }
    },
    faults: {
      open: ({ host, port, timeoutMs }) => open({ bucket: 'faults', endpoint: `http://${host}:${port}`, timeoutMs }),
      upstream: () => ({ host: '127.0.0.1', port: Number(new URL(server.endpoint).port) }),
    },
  })

  it('says that the bucket does not exist, instead of "absent" or "empty"', async () => {
    for (const error of await everyCall(open({ bucket: 'nowhere' }))) {
      expect(error).toMatchObject({
        code: 'bucket-not-found',
        message: 's3://nowhere: the bucket does not exist (NoSuchBucket)',
        retryable: false,
      })
    }
  })

  it.each([
    ['SignatureDoesNotMatch', 'a wrong secret', () => server.accessKeyId],
    ['InvalidAccessKeyId', 'an unknown key', () => 'nobody'],
  ])('says that access is denied (%s) to %s, without repeating it', async (s3Code, _who, accessKeyId) => {
    const bucket = await newBucket()
    const credentials = { accessKeyId: accessKeyId(), secretAccessKey: 'not-the-right-secret' }
    for (const error of await everyCall(open({ bucket, credentials }))) {
      expect(error).toMatchObject({ code: 'denied', message: `s3://${bucket}: access denied (${s3Code})` })
    }
  })

  it('refuses an object that is larger than the call allows, and reads one that is as large', async () => {
    const storage = open({ bucket: await newBucket() })
    await storage.put('key', new Uint8Array(100_000))
    await expect(storage.get('key', { maximumBytes: 99_999 })).rejects.toMatchObject({
      code: 'too-large',
      retryable: false,
      message: expect.stringContaining('the object has 100000 bytes, and at most 99999 were asked for'),
    })
    expect((await storage.get('key', { maximumBytes: 100_000 }))?.bytes).toHaveLength(100_000)
  })

  it('encrypts what it writes with the KMS key that it is given (SSE-KMS)', async () => {
    const bucket = await newBucket()
    const { kmsKeyId, endpoint, region } = server
    const storage = open({ bucket, serverSideEncryption: 'aws:kms', kmsKeyId, bucketKeyEnabled: true })
    await storage.put('key', new Uint8Array([1, 2, 3]), { ifAbsent: true })
    expect((await storage.get('key'))?.bytes).toEqual(new Uint8Array([1, 2, 3]))
    await expect(storage.put('key', new Uint8Array([4]), { ifAbsent: true })).rejects.toMatchObject({
      code: 'already-exists',
    })
    const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: server })
    const stored = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'key' }))
    client.destroy()
    expect(stored).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId })
  })

  it('says that access is denied with a KMS key that is not there, and writes nothing', async () => {
    const bucket = await newBucket()
    const storage = open({ bucket, serverSideEncryption: 'aws:kms', kmsKeyId: 'no-such-key' })
    await expect(storage.put('key', new Uint8Array([1]))).rejects.toMatchObject({ code: 'denied', retryable: false })
    expect(await storage.get('key')).toBeUndefined()
  })

  it('ends calls at the deadline while the server is frozen, and works again when it thaws', async () => {
    const bucket = await newBucket()
    const storage = open({ bucket, timeoutMs: 300 })
    await storage.put('key', new Uint8Array([1]))
    server.pause()
    try {
      for (const error of await everyCall(storage)) expect(error).toMatchObject({ code: 'timeout', retryable: true })
    } finally {
      server.resume()
    }
    const patient = open({ bucket })
    await patient.put('after', new Uint8Array([2]))
    expect((await patient.get('after'))?.bytes).toEqual(new Uint8Array([2]))
  })
})
