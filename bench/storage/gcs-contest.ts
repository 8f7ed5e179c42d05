import { Storage } from '@google-cloud/storage'
import { gcsStorage } from '@outlast/storage-gcs'
import { sideOf, type Contest, type Side } from './side.ts'
import { startStub } from './start-stub.ts'

const fakeOfTheAdaptersTests = new URL('../../packages/storage-gcs/test/fake-gcs-process.ts', import.meta.url)

/**
 * Beside Google's SDK as its guide shows it for small objects (no resumable uploads), with its defaults: four attempts,
 * CRC32C checksums on reads. Neither asks for credentials, as the endpoint is plain HTTP.
 */
export async function gcsContest(): Promise<Contest> {
  const stub = await startStub(fakeOfTheAdaptersTests, 'bench')
  const bucket = new Storage({ apiEndpoint: stub.endpoint, projectId: 'bench' }).bucket('bench')
  const bare: Side = {
    put: (key, bytes) =>
      bucket.file(key).save(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { resumable: false }),
    async get(key) {
      const [bytes] = await bucket.file(key).download()
      return bytes
    },
    async list(prefix) {
      const [files] = await bucket.getFiles({ prefix })
      return files.map(({ name }) => name)
    },
  }
  return {
    bare: { description: '@google-cloud/storage with its defaults, uploads not resumable', side: bare },
    ours: sideOf(gcsStorage({ bucket: 'bench', apiEndpoint: stub.endpoint })),
    close: () => stub.stop(),
  }
}
