import { GetObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { s3Storage } from '@outlast/storage-s3'
import { sideOf, type Contest, type Side } from './side.ts'
import { startStub } from './start-stub.ts'

const bucket = 'bench'

/** Beside AWS's SDK as its guide shows it, with its defaults: three attempts, CRC32 checksums on writes and reads. */
export async function s3Contest(): Promise<Contest> {
  const stub = await startStub(new URL('stub-process.ts', import.meta.url), 's3')
  const connection = {
    endpoint: stub.endpoint,
    region: 'eu-central-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  }
  const client = new S3Client(connection)
  const bare: Side = {
    put: (key, bytes) => client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes })),
    async get(key) {
      const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      if (body === undefined) throw new Error(`${key} is not there`)
      return body.transformToByteArray()
    },
    async list(prefix) {
      const keys: string[] = []
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key: key = '' } of page.Contents ?? []) keys.push(key)
      }
      return keys
    },
  }
  return {
    bare: { description: '@aws-sdk/client-s3 with its defaults', side: bare },
    ours: sideOf(s3Storage({ bucket, ...connection })),
    async close() {
      client.destroy()
      await stub.stop()
    },
  }
}
