import { buffer } from 'node:stream/consumers'
import { BlobServiceClient } from '@azure/storage-blob'
import { azureStorage } from '@outlast/storage-azure'
import { sideOf, type Contest, type Side } from './side.ts'
import { startStub } from './start-stub.ts'

const container = 'bench'

/** Beside Azure's SDK as its README shows it, with its defaults: four attempts. Both sign with an account key. */
export async function azureContest(): Promise<Contest> {
  const stub = await startStub(new URL('stub-process.ts', import.meta.url), 'azure')
  const account = { accountName: 'account', accountKey: Buffer.alloc(64, 'key').toString('base64') }
  const endpoint = `${stub.endpoint}/${account.accountName}`
  const connectionString =
    `DefaultEndpointsProtocol=http;AccountName=${account.accountName};AccountKey=${account.accountKey};` +
    `BlobEndpoint=${endpoint};`
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container)
  const bare: Side = {
    put: (key, bytes) => client.getBlockBlobClient(key).upload(bytes, bytes.byteLength),
    async get(key) {
      const { readableStreamBody: body } = await client.getBlobClient(key).download()
      if (body === undefined) throw new Error(`${key} is not there`)
      return buffer(body)
    },
    async list(prefix) {
      const keys: string[] = []
      for await (const { name } of client.listBlobsFlat({ prefix })) keys.push(name)
      return keys
    },
  }
  return {
    bare: { description: '@azure/storage-blob with its defaults', side: bare },
    ours: sideOf(azureStorage({ container, endpoint, ...account })),
    close: () => stub.stop(),
  }
}
