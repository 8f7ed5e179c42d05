import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { snapshotStore, type SnapshotStore } from '@outlast/snapshot'
import { withPrefix, type StorageAdapter } from '@outlast/storage'
import { fsStorage } from '@outlast/storage-fs'
import { s3Storage } from '@outlast/storage-s3'
import { startRadosgw, type Radosgw } from '@outlast/test-servers'
import { describeWithServer } from '@outlast/test-servers/vitest'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { startNode, type StartedNode } from './start-node.ts'

const bucket = 'gateway'

describeWithServer('radosgw', 'a node that reads a store on Ceph radosgw, and a replica in a folder', () => {
  let radosgw: Radosgw
  beforeAll(async () => {
    radosgw = await startRadosgw()
    await radosgw.createBucket(bucket)
  })
  afterAll(async () => {
    await radosgw?.stop()
  })

  let folder: string
  let primary: SnapshotStore
  let replica: SnapshotStore
  const nodes: StartedNode[] = []
  const file = (name: string) => join(folder, name)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-stores-'))
    const { endpoint, region } = radosgw
    const prefix = basename(folder)
    const whole = s3Storage({ bucket, endpoint, region, forcePathStyle: true, credentials: radosgw })
    primary = openStore(withPrefix(whole, prefix))
    replica = openStore(fsStorage({ path: file('replica') }))
    await writeFile(
      file('config.yaml'),
      JSON.stringify({
        deployment: {
          role_data_plane: { config_provider: 'yaml' },
          fallback_cp: {
            interval: 1,
            aws_s3: {
              access_key: radosgw.accessKeyId,
              secret_key: radosgw.secretAccessKey,
              config_bucket: bucket,
              resource_bucket: bucket,
              endpoint,
              prefix,
              // Longer than this test: who waits for it never comes up.
              timeout: 300,
            },
            replicas: [{ name: 'in a folder', filesystem: { path: file('replica') } }],
          },
          sidecar: { apisix_yaml: { path: file('apisix.yaml') } },
        },
      }),
    )
  })
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async ({ process }) => process.end('SIGKILL')))
    radosgw.resume()
    await rm(folder, { recursive: true, force: true })
  })

  const start = async (data: string, role: 'dp' | 'sidecar' = 'dp'): Promise<StartedNode> => {
    const node = await startNode(role, { config: file('config.yaml'), data: file(data) })
    nodes.push(node)
    await node.untilReady()
    return node
  }
  const runs = async (node: StartedNode, revision: number, source: string): Promise<void> => {
    await eventually(`it runs revision ${revision} of ${source}`, async () => {
      const detail = await node.detail()
      return detail.position?.revision === revision && detail.source === source
    })
  }

  it.each(['dp', 'sidecar'] as const)(
    'starts (%s) from the replica while the store is a black hole, and goes to what is newer, wherever that is',
    async (role) => {
      await publish(primary, 10)
      await publish(replica, 20)
      radosgw.pause()
      const node = await start('node', role)
      expect(await node.detail()).toMatchObject({
        mode: 'standalone',
        source: 'in a folder',
        position: { revision: 20 },
        sources: { stores: [{ name: primary.name, lastAttemptAt: expect.any(Number) }, { name: 'in a folder' }] },
      })
      // It has not answered until now, and nobody has waited for it.
      const [gone] = (await node.detail()).sources.stores
      expect([gone?.lastSuccessAt, gone?.lastError]).toEqual([undefined, undefined])
      await publish(replica, 21)
      await runs(node, 21, 'in a folder')

      radosgw.resume()
      await eventually('the store is read', async () => (await node.detail()).sources.stores[0]?.lastSuccessAt)
      // It is older, so that the node does not go back.
      expect(await node.detail()).toMatchObject({ source: 'in a folder', position: { revision: 21 } })
      await publish(primary, 30)
      await runs(node, 30, primary.name)
    },
  )

  it('stays with the last snapshot of a store that is gone while the replica is behind; a new node takes the replica', async () => {
    await publish(replica, 10)
    await publish(primary, 20)
    const node = await start('node')
    await runs(node, 20, primary.name)
    const disk = openStore(fsStorage({ path: file('node/snapshots') })).resources
    await eventually('it has a copy on its disk', async () => (await disk.latest())?.manifest.position.revision === 20)

    radosgw.pause()
    await publish(replica, 11)
    const readAt = Date.now()
    await eventually('the replica is read', async () => {
      const at = (await node.detail()).sources.stores[1]?.lastSuccessAt ?? 0
      return at > readAt
    })
    expect(await node.detail()).toMatchObject({ ready: true, position: { revision: 20 } })
    await node.process.end('SIGKILL')
    const restarted = await start('node')
    expect(await restarted.detail()).toMatchObject({ position: { revision: 20 } })

    const fresh = await start('fresh')
    expect(await fresh.detail()).toMatchObject({ source: 'in a folder', position: { revision: 11 } })
    radosgw.resume()
    await runs(fresh, 20, primary.name)
  })

  it('starts from the replica when the keys of the store are wrong, which alone would be a mistake', async () => {
    await publish(replica, 10)
    const wrong = { config: file('wrong.yaml'), data: file('node') }
    const config = await readFile(file('config.yaml'), 'utf8')
    await writeFile(wrong.config, config.replace(radosgw.secretAccessKey, 'not-the-secret'))
    const node = await startNode('dp', wrong)
    nodes.push(node)
    await node.untilReady()
    expect(await node.detail()).toMatchObject({ source: 'in a folder', position: { revision: 10 } })
    await eventually('it says what is wrong', async () => {
      const { sources } = await node.detail()
      return sources.stores[0]?.lastError?.message.includes('denied')
    })
    expect(node.process.output()).not.toContain('not-the-secret')
  })
})

function openStore(storage: StorageAdapter): SnapshotStore {
  return snapshotStore({ group: 'default', instance: storage, resources: storage })
}

async function publish(store: SnapshotStore, revision: number): Promise<void> {
  const value = { uri: '/a', desc: `revision ${revision}`, upstream: { nodes: { '127.0.0.1:1': 1 } } }
  const publication = await store.resources.begin()
  await publication.publish({
    entries: [{ kind: 'routes', id: 'a', value }],
    position: { epoch: 1, revision },
    source: { identity: 'cp' },
  })
}
