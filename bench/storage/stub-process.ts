/** What `startStub` runs: serves the stub that its argument names. */
import { createServer, type RequestListener } from 'node:http'
import { azureStub } from './azure-stub.ts'
import { s3Stub } from './s3-stub.ts'

const stubs: Readonly<Record<string, () => RequestListener>> = { s3: s3Stub, azure: azureStub }
const stub = stubs[process.argv[2] ?? '']
if (stub === undefined) throw new TypeError(`there is no stub ${process.argv[2]}`)
// No connection is closed for being idle: the client may be busy for long with all the answers that it has got.
const server = createServer({ keepAliveTimeout: 0 }, stub())
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(address?.port)
})
process.stdin.resume().once('end', () => process.exit())
