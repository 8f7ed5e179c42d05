// Backs up a configuration that your own software owns, to S3: on every commit, and every minute.
import { createExporter } from '@outlast/exporter'
import { pollSource, snapshotStore } from '@outlast/snapshot'
import { s3Storage } from '@outlast/storage-s3'
import { createDatabase } from './database.ts'

const db = createDatabase()

// Credentials come from the SDK's usual chain: environment, profile, instance role.
const bucket = (name: string) =>
  s3Storage({
    bucket: name,
    region: process.env['AWS_REGION'] ?? 'eu-central-1',
    ...(process.env['S3_ENDPOINT'] && { endpoint: process.env['S3_ENDPOINT'], forcePathStyle: true }),
  })

const store = snapshotStore({ group: 'default', resources: bucket('gw-resources'), instance: bucket('gw-instance') })

const exporter = createExporter({
  store,
  schedule: '@every 1m',
  source: pollSource({ identity: 'acme', load: ({ signal }) => db.consistentRead(signal) }),
  onHeld: ({ reason, diff }) => console.error(`backup held: ${reason} (${diff.summary})`),
  onPublished: ({ domain, manifest }) => console.log(`published ${domain} ${manifest.sequence}`),
})
db.onCommit(() => exporter.trigger())
await exporter.start()

db.putRoute('hello', { uri: '/hello', upstream: { type: 'roundrobin', nodes: { '127.0.0.1:8080': 1 } } })

process.once('SIGTERM', () => void exporter.stop())
