import { startFakeGcsServer } from './fake-gcs-server.ts'

// The fake in a process of its own, for benchmarks: makes the buckets that its arguments name, prints its port on one
// line, and ends with its standard input.
const server = await startFakeGcsServer()
for (const name of process.argv.slice(2)) server.createBucket(name)
process.stdout.write(`${server.port}\n`)
process.stdin.resume().once('end', () => void server.stop())
