import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { snapshotStore } from '@outlast/snapshot'
import { fsStorage } from '@outlast/storage-fs'
import { startRadosgw, type Radosgw } from '@outlast/test-servers'
import { eventually } from '../../../src/demo/eventually.ts'
import { createBackups, type Backups } from './backups.ts'
import { createControlPlanes, putRoute, sourceOf, type ControlPlanes } from './control-planes.ts'
import { setWritable } from './damage.ts'
import { configurations } from './expected-start.ts'
import { startMatrixNode, untilServing } from './matrix-node.ts'
import { startNamedUpstreams, type NamedUpstreams } from './named-upstreams.ts'

/**
 * What a place of the store holds after the history: its snapshots; those, and on top of them a damaged one that says that
 * it is newer than anything; the same, and all of them damaged; nothing.
 */
export type Backup = 'up' | 'newest-damaged' | 'all-damaged' | 'empty'

/** All sources in every state, of one history, with real servers. */
export interface MatrixSources {
  readonly folder: string
  readonly radosgw: Radosgw
  readonly upstreams: NamedUpstreams
  readonly controlPlanes: ControlPlanes
  readonly backups: Backups
  /** Data folder of a node that was killed while it ran the configuration `local copy`. */
  readonly killedNode: string
  /** The route by which a configuration tells its name: `/which` answers with it. */
  readonly route: (name: string) => object
  stop(): Promise<void>
}

/** Lives through the history that is told in `configurations`. Nothing but the store runs afterwards. */
export async function createMatrixSources(): Promise<MatrixSources> {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-outage-matrix-'))
  const controlPlanes = await createControlPlanes(folder)
  const upstreams = await startNamedUpstreams(configurations)
  const radosgw = await startRadosgw()
  const stop = async (): Promise<void> => {
    await controlPlanes.stop()
    await radosgw.stop()
    await upstreams.stop()
    await setWritable(folder, true)
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
  try {
    const backups = await createBackups(radosgw, { user: radosgw, bucket: 'outage-matrix' })
    const killedNode = join(folder, 'killed-node')
    const route = (name: string): object => ({
      uri: '/which',
      upstream: { type: 'roundrobin', nodes: { [upstreams.address(name)]: 1 } },
    })
    await liveThrough({ controlPlanes, backups, radosgw, killedNode, route })
    return { folder, radosgw, upstreams, controlPlanes, backups, killedNode, route, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function liveThrough(
  sources: Pick<MatrixSources, 'controlPlanes' | 'backups' | 'radosgw' | 'killedNode' | 'route'>,
): Promise<void> {
  const { controlPlanes, backups, radosgw, killedNode, route } = sources
  const first = await controlPlanes.start('current')
  await putRoute(first, 'which', route('older'))
  await first.kill()
  await controlPlanes.backUp()

  const current = await controlPlanes.start('current')
  const work = 'work'
  await putRoute(current, 'which', route('earlier backup'))
  await backups.export(work, sourceOf(current))
  await backups.copy(work, 'earlier')

  await putRoute(current, 'which', route('local copy'))
  const node = await startMatrixNode({
    data: killedNode,
    controlPlane: new URL(current.endpoint).host,
    timeout: 5,
    bootTimeout: 30,
    store: { ...radosgw, bucket: backups.bucket, place: work },
  })
  try {
    await untilServing(node)
    await untilKept(killedNode, (await sourceOf(current).load()).revision)
  } finally {
    await node.process.end('SIGKILL')
  }

  await putRoute(current, 'which', route('backup'))
  await backups.export(work, sourceOf(current))
  await backups.copy(work, 'up' satisfies Backup)
  await backups.publishByHand(work, [
    { kind: 'routes', id: 'which', value: { uri: '/which', desc: 'never to be seen' } },
  ])
  await backups.copy(work, 'newest-damaged' satisfies Backup)
  await backups.damage('newest-damaged' satisfies Backup, 'earlier')
  await backups.copy(work, 'all-damaged' satisfies Backup)
  await backups.damage('all-damaged' satisfies Backup)
  await putRoute(current, 'which', route('live'))
  await current.kill()

  const other = await controlPlanes.start('other')
  await putRoute(other, 'which', route('other'))
  await other.kill()
}

/** Waits until the newest copy on a node's disk is of this revision, and whole. */
export async function untilKept(data: string, revision: number): Promise<void> {
  await eventually(`the disk holds revision ${revision}`, async () => {
    const local = fsStorage({ path: join(data, 'snapshots') })
    const { resources } = snapshotStore({ group: 'default', instance: local, resources: local })
    const verdict = await resources.verifyNewest()
    const newest = await resources.latest()
    const isWhole = verdict !== undefined && verdict.damaged + verdict.missing + verdict.unusable === 0
    return isWhole && newest?.manifest.position.revision === revision
  })
}
