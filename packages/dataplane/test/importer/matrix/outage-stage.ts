import type { SourceState } from '@outlast/snapshot'
import type { DataPlane } from '../../../src/importer/index.ts'
import { publish, remoteStore, World } from '../world.ts'
import type { Outage } from './cells.ts'
import { configuration, identity } from './configurations.ts'
import { contentsOf, replaceContents, spoil, type Damage } from './damage.ts'
import { OutageControlPlane } from './outage-control-plane.ts'
import { troubledStorage, type Trouble } from './troubled-storage.ts'
import { WatchfulSink } from './watchful-sink.ts'

/** A node, its control plane, its store and its disk; each of them can break and be mended. */
export class OutageStage {
  readonly #world = new World()
  readonly clock = this.#world.clock
  readonly log = this.#world.log
  readonly bucket = this.#world.bucket
  readonly disk = this.#world.disk
  readonly controlPlane: OutageControlPlane
  /** Of the process that runs, or ran last. */
  sink = this.#newSink()
  #epoch = 1_000
  #newest: string | undefined
  #isNewestDamaged = false
  #storeTrouble: Trouble | undefined
  #diskTrouble: Trouble | undefined
  /** What the bucket held before something happened to it, if that can be put right. */
  #wholeBucket: ReadonlyMap<string, Uint8Array> | undefined

  constructor(state: SourceState) {
    this.controlPlane = new OutageControlPlane(this.clock, state)
  }

  /** Of what is published from now on. */
  get epoch(): number {
    return this.#epoch
  }

  get node(): DataPlane {
    if (this.#world.node === undefined) throw new Error('no node was started')
    return this.#world.node
  }

  /** A new process, with a sink that has nothing. What it does at once is done. */
  async start(): Promise<void> {
    this.sink = this.#newSink()
    const { clock, sink } = this
    this.#world.start({
      live: this.controlPlane,
      stores: [remoteStore(troubledStorage(this.bucket, { clock, trouble: () => this.#storeTrouble }), clock)],
      local: troubledStorage(this.disk, { clock, trouble: () => this.#diskTrouble }),
      sink,
    })
    await clock.turn(0)
  }

  async breakStore(store: Outage['store'], damage: Damage): Promise<void> {
    this.#wholeBucket = store === 'empty' ? undefined : await contentsOf(this.bucket)
    if (store === 'empty') {
      await replaceContents(this.bucket, new Map())
      // An exporter that finds nothing begins anew.
      this.#epoch += 1
    }
    this.#isNewestDamaged = store === 'newest damaged'
    if (store === 'newest damaged') await spoil(this.bucket, damage, 'newest')
    if (store === 'all damaged') await spoil(this.bucket, damage, 'all')
    if (store === 'down' || store === 'black hole' || store === '403') this.#storeTrouble = store
  }

  /** It answers, and holds what it held before, unless it was emptied: that is for good. */
  async mendStore(): Promise<void> {
    this.#storeTrouble = undefined
    this.#isNewestDamaged = false
    if (this.#wholeBucket !== undefined) await replaceContents(this.bucket, this.#wholeBucket)
  }

  async breakDisk(local: Outage['local'], damage: Damage): Promise<void> {
    if (local === 'absent') await replaceContents(this.disk, new Map())
    if (local === 'damaged') await spoil(this.disk, damage, 'all')
    if (local === 'read-only') this.#diskTrouble = local
  }

  /** It can be written again. What rotted or was lost is not there again. */
  mendDisk(): void {
    this.#diskTrouble = undefined
  }

  /** As an exporter does that can reach everything. */
  async publish(name: string, revision: number, storage = this.bucket): Promise<void> {
    const { resources: routes, instance } = configuration(name)
    await publish(remoteStore(storage, this.clock), { routes, instance, epoch: this.#epoch, revision, identity })
    if (storage === this.bucket) this.#newest = name
  }

  /** Only the node and its disk are left, and the node has to start again. */
  async restartAlone(): Promise<void> {
    await this.node.stop()
    this.controlPlane.become('down')
    this.#storeTrouble = 'down'
    await this.start()
  }

  /** Ends the node, which must leave nothing behind that waits. */
  async close(): Promise<void> {
    await this.#world.end()
  }

  #newSink(): WatchfulSink {
    const newestInstance = (): string | undefined => (this.#isNewestDamaged ? this.#newest : undefined)
    return new WatchfulSink({ clock: this.clock, newestInstance })
  }
}
