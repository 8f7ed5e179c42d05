// Follows etcd in a proxy of your own, and outlasts it: from two snapshot stores, and from this node's disk.
import { createDataPlane } from '@outlast/dataplane/importer'
import { snapshotStore } from '@outlast/snapshot'
import { etcdSource } from '@outlast/source-etcd'
import { fsStorage } from '@outlast/storage-fs'
import { s3Storage } from '@outlast/storage-s3'
import { createYourRouter } from './your-router.ts'

const router = createYourRouter()

const storeIn = (region: string) => {
  const bucket = (name: string) =>
    s3Storage({
      bucket: name,
      region,
      ...(process.env['S3_ENDPOINT'] && { endpoint: process.env['S3_ENDPOINT'], forcePathStyle: true }),
    })
  return snapshotStore({
    group: 'default',
    resources: bucket(`gw-resources-${region}`),
    instance: bucket(`gw-instance-${region}`),
  })
}

const dataPlane = createDataPlane({
  live: etcdSource({ endpoints: [process.env['ETCD_ENDPOINT'] ?? 'http://127.0.0.1:2379'], prefix: '/apisix' }),
  stores: [storeIn('eu-central-1'), storeIn('us-east-1')],
  local: fsStorage({ path: process.env['LOCAL_PATH'] ?? '/var/lib/acme' }),
  sink: {
    // A reason keeps a bad entry out; its last good version stays, and the rest applies.
    validate: (entry) => router.check(entry),
    apply: async ({ upserted, removed, version }) => {
      router.swap(upserted, removed)
      console.log(`in effect: revision ${version.position.revision}, ${router.describe()}`)
    },
  },
})

await dataPlane.start() // resolves when a complete revision is in effect
const { mode, source } = dataPlane.status()
console.log(`ready: ${mode} from ${source}`)

process.once('SIGTERM', () => void dataPlane.stop())
