import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { snapshotStore } from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import { fsStorage } from '@outlast/storage-fs'
import { s3Storage } from '@outlast/storage-s3'
import { freePort, startRadosgw, type Radosgw } from '@outlast/test-servers'
import { sampleRoute } from '../snapshot/sample-route.ts'

const bucket = 'gateway'

/** Copies of one configuration in every place where a node may find it, and what a control plane does when it is gone. */
export interface Installation {
  readonly folder: string
  /** A node's data folder with a good copy in it. */
  readonly filledData: string
  /** Where nothing listens, and where connections are accepted and nothing is answered. */
  readonly controlPlane: { readonly refusing: string; readonly blackHole: string }
  /** The store of a node's file, as YAML. */
  readonly remoteStore: string
  /** The peers' copy: everything in one compressed file. */
  readonly wholeFile: string
  stop(): Promise<void>
}

/** What was begun is ended when it fails half-way. */
export async function startInstallation(size: number): Promise<Installation> {
  const endings: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const end of endings.splice(0).toReversed()) await end()
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'outlast-bench-'))
    endings.push(async () => rm(folder, { recursive: true }))
    const radosgw = await startRadosgw()
    endings.push(async () => radosgw.stop())
    const blackHole = await startBlackHole()
    endings.push(async () => blackHole.stop())
    return { ...(await fill({ folder, radosgw, size })), controlPlane: await lostControlPlane(blackHole.url), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function lostControlPlane(blackHole: string): Promise<Installation['controlPlane']> {
  return { refusing: `http://127.0.0.1:${String(await freePort())}`, blackHole }
}

async function fill(options: {
  readonly folder: string
  readonly radosgw: Radosgw
  readonly size: number
}): Promise<Omit<Installation, 'controlPlane' | 'stop'>> {
  const { folder, radosgw, size } = options
  await radosgw.createBucket(bucket)
  const { endpoint, region, accessKeyId, secretAccessKey } = radosgw
  const filledData = join(folder, 'filled')
  await mkdir(filledData)
  const entries = Array.from({ length: size }, (_none, index) => sampleRoute(index))
  await publish(fsStorage({ path: join(filledData, 'snapshots') }), entries)
  await publish(s3Storage({ bucket, endpoint, region, credentials: { accessKeyId, secretAccessKey } }), entries)
  const wholeFile = join(folder, 'configuration.json.gz')
  await writeFile(wholeFile, gzipSync(JSON.stringify(entries)))
  return {
    folder,
    filledData,
    remoteStore:
      `    aws_s3: { config_bucket: ${bucket}, resource_bucket: ${bucket}, endpoint: '${endpoint}', region: ${region}, ` +
      `access_key: ${accessKeyId}, secret_key: ${secretAccessKey} }`,
    wholeFile,
  }
}

async function publish(storage: StorageAdapter, resources: readonly ReturnType<typeof sampleRoute>[]): Promise<void> {
  const store = snapshotStore({ group: 'default', resources: storage, instance: storage })
  const position = { epoch: 1, revision: 1 }
  for (const [domain, entries] of [['instance', []] as const, ['resources', resources] as const]) {
    const publication = await store[domain].begin()
    const { status } = await publication.publish({ entries, position, source: { identity: 'bench' } })
    if (status !== 'published') throw new Error(`the ${domain} were not published: ${status}`)
  }
}

async function startBlackHole(): Promise<{ readonly url: string; stop(): void }> {
  const port = await freePort()
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
  })
  server.listen(port, '127.0.0.1').unref()
  return { url: `http://127.0.0.1:${String(port)}`, stop: () => server.close() }
}
