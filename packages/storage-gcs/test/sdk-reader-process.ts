import { Storage } from '@google-cloud/storage'

// The same as reader-process.ts with Google's SDK as it comes, which tries again by itself.
const [, , apiEndpoint] = process.argv
if (apiEndpoint === undefined) throw new Error('the first argument names the server')
const file = new Storage({ apiEndpoint, projectId: 'project' }).bucket('box').file('key')
await file.download().then(
  () => process.stdout.write('bytes\n'),
  (error: unknown) => process.stdout.write(`caught ${String(error)}\n`),
)
