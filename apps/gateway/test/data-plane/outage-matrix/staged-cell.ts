import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { chaosProxy, type ChaosFault, type ChaosProxy } from '@outlast/storage-testkit'
import type { Etcd } from '@outlast/test-servers'
import type { Cell } from './cells.ts'
import { lineageOf, type Lineage } from './control-planes.ts'
import { damageFiles, setWritable } from './damage.ts'
import { startMatrixNode, type MatrixNode } from './matrix-node.ts'
import type { Backup, MatrixSources } from './matrix-sources.ts'

/** A starting node's control plane and store, each behind a proxy of its own, and its disk. */
export interface StagedCell {
  readonly controlPlane: ChaosProxy
  readonly store: ChaosProxy
  start(): Promise<MatrixNode>
  /** Ends the node, and removes what it had. */
  clear(): Promise<void>
}

/** How long a start waits when somebody is silent. Twice the default: others must answer meanwhile on a busy machine too. */
const silenceSeconds = 4
/** When nobody is silent there is nobody to wait for: nobody looks on as long as this. */
const noSilenceSeconds = 600
/** There and back takes twice as long: longer than a start waits, and shorter than `timeoutSeconds`. */
const slow: ChaosFault = { delayMs: 2_500 }
const timeoutSeconds = 10

const backupOf: { readonly [state in Cell['store']]?: Backup } = {
  empty: 'empty',
  'newest damaged': 'newest-damaged',
  'all damaged': 'all-damaged',
}

/** `etcds` run. */
export async function stageCell(
  cell: Cell,
  sources: MatrixSources,
  etcds: ReadonlyMap<Lineage, Etcd>,
): Promise<StagedCell> {
  const { radosgw, backups, folder } = sources
  const controlPlane = await proxyBefore(
    etcds.get(lineageOf[cell.controlPlane] ?? 'current')?.endpoint,
    cell.controlPlane,
  )
  const store = await proxyBefore(radosgw.endpoint, cell.store)
  const data = join(folder, Object.values(cell).join('-').replaceAll(' ', '-'))
  await prepareDisk(data, cell, sources.killedNode)
  let node: MatrixNode | undefined
  return {
    controlPlane,
    store,
    async start() {
      node = await startMatrixNode({
        data,
        controlPlane: `${controlPlane.host}:${controlPlane.port}`,
        timeout: timeoutSeconds,
        bootTimeout: isSilent(cell) ? silenceSeconds : noSilenceSeconds,
        store: {
          endpoint: `http://${store.host}:${store.port}`,
          accessKeyId: radosgw.accessKeyId,
          secretAccessKey: cell.store === '403' ? 'of-somebody-else' : radosgw.secretAccessKey,
          bucket: backups.bucket,
          place: backupOf[cell.store] ?? 'up',
        },
      })
      return node
    },
    async clear() {
      await node?.process.end('SIGKILL')
      await Promise.all([controlPlane.stop(), store.stop()])
      await setWritable(data, true)
      await rm(data, { recursive: true })
    },
  }
}

function isSilent({ controlPlane, store }: Cell): boolean {
  return controlPlane === 'slow' || controlPlane === 'black hole' || store === 'black hole'
}

async function proxyBefore(
  endpoint: string | undefined,
  state: Cell['controlPlane'] | Cell['store'],
): Promise<ChaosProxy> {
  if (endpoint === undefined) throw new Error('the server does not run')
  const { hostname: host, port } = new URL(endpoint)
  return chaosProxy({ upstream: { host, port: Number(port) }, fault: faultOf(state) })
}

function faultOf(state: Cell['controlPlane'] | Cell['store']): ChaosFault {
  if (state === 'down') return 'refuse'
  if (state === 'black hole') return 'black-hole'
  return state === 'slow' ? slow : 'pass'
}

/** A restarted node finds all that the killed one left; a new one the copies alone, as from an image of the machine. */
async function prepareDisk(data: string, { node, local }: Cell, killedNode: string): Promise<void> {
  const copies = join(data, 'snapshots')
  if (node === 'restarted') await cp(killedNode, data, { recursive: true })
  else await cp(join(killedNode, 'snapshots'), copies, { recursive: true })
  if (local === 'absent') await rm(copies, { recursive: true })
  if (local === 'damaged') await damageFiles(copies)
  if (local === 'read-only') await setWritable(data, false)
}
