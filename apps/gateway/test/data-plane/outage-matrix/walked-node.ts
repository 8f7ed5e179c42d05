import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { chaosProxy, type ChaosProxy } from '@outlast/storage-testkit'
import type { Etcd, RadosgwUser } from '@outlast/test-servers'
import type { StatusDetail } from '../../../src/data-plane/status-server.ts'
import { createBackups, type Backups } from './backups.ts'
import type { Cell } from './cells.ts'
import { lineageOf, putRoute, sourceOf, type ControlPlanes, type Lineage } from './control-planes.ts'
import { damageFiles, setWritable } from './damage.ts'
import { startMatrixNode, untilNode, untilServing, type MatrixNode } from './matrix-node.ts'
import { untilKept, type MatrixSources } from './matrix-sources.ts'

/** Late, but followed: there and back, twice as long. */
const slow = { delayMs: 300 }
const timeoutSeconds = 2
/** Of its bucket. */
const place = 'walked'

const heldOf: { readonly [state in Cell['controlPlane']]?: RegExp } = {
  empty: /answers with an empty configuration$/,
  older: /answers with revision \d+, but \d+ was reached$/,
  'other identity': /answers with another identity and another configuration$/,
}

interface Parts {
  readonly node: MatrixNode
  /** Its `--data`. */
  readonly data: string
  readonly controlPlanes: ControlPlanes
  /** The control plane of the moment. */
  readonly etcd: Etcd
  readonly controlPlane: ChaosProxy
  readonly user: RadosgwUser
  readonly backups: Backups
  readonly store: ChaosProxy
  /** See `MatrixSources`. */
  readonly route: MatrixSources['route']
}

/** A node whose sources are broken and mended while it runs. */
export class WalkedNode {
  readonly node: MatrixNode
  readonly #parts: Parts
  #etcd: Etcd
  #changes = 0

  private constructor(parts: Parts) {
    this.node = parts.node
    this.#parts = parts
    this.#etcd = parts.etcd
  }

  /** Starts one that follows the current one of these, which nobody else uses, and waits until it has read its store. */
  static async start(sources: MatrixSources, controlPlanes: ControlPlanes): Promise<WalkedNode> {
    const { radosgw, folder, route } = sources
    // Of its own: nobody else is to be refused with it.
    const user = await radosgw.createUser('walked')
    const backups = await createBackups(radosgw, { user, bucket: 'walked-node' })
    const etcd = await controlPlanes.start('current')
    await backups.export(place, sourceOf(etcd))
    const controlPlane = await chaosProxy({ upstream: addressOf(etcd.endpoint) })
    const store = await chaosProxy({ upstream: addressOf(radosgw.endpoint) })
    const data = join(folder, 'walked-node')
    const node = await startMatrixNode({
      data,
      controlPlane: `${controlPlane.host}:${controlPlane.port}`,
      timeout: timeoutSeconds,
      bootTimeout: 30,
      store: { ...user, endpoint: `http://${store.host}:${store.port}`, bucket: backups.bucket, place },
    })
    const walked = new WalkedNode({ node, data, controlPlanes, etcd, controlPlane, user, backups, store, route })
    try {
      await untilServing(node)
      await walked.#noticeStore('up', 0)
      return walked
    } catch (error) {
      await walked.stop()
      throw error
    }
  }

  /**
   * Breaks what the cell says, and waits until the node has noticed. Then mends it, and waits until the node follows a
   * change of its control plane again, and has again what its disk has lost. Throws when it does not, or is not ready.
   */
  async visit(cell: Cell): Promise<void> {
    await this.#enter(cell)
    if (!(await this.node.isReady())) throw new Error('the node is not ready any more')
    await this.#leave(cell)
  }

  async stop(): Promise<void> {
    const { controlPlane, store, controlPlanes } = this.#parts
    await this.node.process.end('SIGKILL')
    await Promise.all([controlPlane.stop(), store.stop(), controlPlanes.stop()])
  }

  async #enter({ controlPlane, store, local }: Cell): Promise<void> {
    await this.#breakDisk(local)
    await this.#breakStore(store)
    const since = Date.now()
    await this.#breakControlPlane(controlPlane)
    await this.#noticeControlPlane(controlPlane)
    await this.#noticeStore(store, since)
    // Of a change that it has, the node would keep a copy.
    if (local === 'read-only' && (controlPlane === 'up' || controlPlane === 'slow'))
      await this.#becomes('the copy fails', ({ sources }) => (sources.local?.lastError?.at ?? 0) > since)
  }

  async #leave({ controlPlane, store, local }: Cell): Promise<void> {
    const { data, user, backups } = this.#parts
    if (local === 'read-only') await setWritable(data, true)
    if (store === '403') await user.enable()
    if (lineageOf[controlPlane] !== undefined) await this.#replaceControlPlane('current')
    await Promise.all([this.#parts.controlPlane.set('pass'), this.#parts.store.set('pass')])
    const since = Date.now()
    await this.#expectChangeServed()
    // This is how a store comes back to what it was.
    if (isSpoilt(store)) await backups.export(place, sourceOf(this.#etcd))
    await this.#becomes('it is live', ({ mode, held }) => mode === 'live' && held === undefined)
    await this.#noticeStore('up', since)
    if (local === 'absent' || local === 'damaged') await untilKept(data, (await sourceOf(this.#etcd).load()).revision)
  }

  async #breakDisk(local: Cell['local']): Promise<void> {
    const { data } = this.#parts
    const copies = join(data, 'snapshots')
    if (local === 'absent') await rm(copies, { recursive: true, maxRetries: 5, retryDelay: 50 })
    if (local === 'damaged') await damageFiles(copies)
    if (local === 'read-only') await setWritable(data, false)
  }

  async #breakStore(state: Cell['store']): Promise<void> {
    const { store, user, backups } = this.#parts
    if (state === 'down') await store.set('refuse')
    if (state === 'black hole') await store.set('black-hole')
    if (state === '403') await user.suspend()
    if (state === 'empty') await backups.empty(place)
    if (state === 'newest damaged' || state === 'all damaged') await this.#damageStore(state)
  }

  /** With a new snapshot, which the node must not get while it is good: what it has already it does not read again. */
  async #damageStore(state: 'newest damaged' | 'all damaged'): Promise<void> {
    const { store, backups } = this.#parts
    await this.#expectChangeServed()
    await store.set('refuse')
    const before = `${place}-before-${this.#changes}`
    await backups.copy(place, before)
    await backups.export(place, sourceOf(this.#etcd))
    await backups.damage(place, state === 'newest damaged' ? before : undefined)
    await store.set('pass')
  }

  async #breakControlPlane(state: Cell['controlPlane']): Promise<void> {
    const { controlPlane } = this.#parts
    if (state === 'down') await controlPlane.set('refuse')
    if (state === 'black hole') await controlPlane.set('black-hole')
    if (state === 'slow') await controlPlane.set(slow)
    const lineage = lineageOf[state]
    if (lineage !== undefined) await this.#replaceControlPlane(lineage)
  }

  /** Another one comes up where the one before was. */
  async #replaceControlPlane(lineage: Lineage): Promise<void> {
    await this.#etcd.kill()
    this.#etcd = await this.#parts.controlPlanes.start(lineage, this.#etcd.clientPort)
  }

  async #noticeControlPlane(state: Cell['controlPlane']): Promise<void> {
    if (state === 'up' || state === 'slow') return this.#expectChangeServed()
    const reason = heldOf[state]
    const isHeld = (held = ''): boolean => reason === undefined || reason.test(held)
    return this.#becomes('it holds', ({ mode, held }) => mode === 'holding' && isHeld(held))
  }

  /** A change of the configuration that the load does not touch. */
  async #expectChangeServed(): Promise<void> {
    this.#changes += 1
    const path = `/change/${this.#changes}`
    await putRoute(this.#etcd, 'change', { ...this.#parts.route('live'), uri: path })
    await untilNode(this.node, `${path} is served`, async () => (await this.node.get(path)) === 'live')
  }

  async #noticeStore(state: Cell['store'], since: number): Promise<void> {
    await this.#becomes(`it has noticed that its store is: ${state}`, ({ sources }) => {
      const { lastAttemptAt, lastSuccessAt, lastError } = sources.stores[0] ?? {}
      // An empty store takes nothing away, and of a silent one nothing is known yet.
      if (state === 'empty' || state === 'black hole') return (lastAttemptAt ?? 0) > since
      return (state === 'up' ? (lastSuccessAt ?? 0) : (lastError?.at ?? 0)) > since
    })
  }

  async #becomes(what: string, isSo: (detail: StatusDetail) => boolean): Promise<void> {
    await untilNode(this.node, what, async () => isSo(await this.node.detail()))
  }
}

/** Its snapshots are gone, or damaged. */
function isSpoilt(state: Cell['store']): boolean {
  return state === 'empty' || state === 'newest damaged' || state === 'all damaged'
}

function addressOf(endpoint: string): { readonly host: string; readonly port: number } {
  const { hostname: host, port } = new URL(endpoint)
  return { host, port: Number(port) }
}
