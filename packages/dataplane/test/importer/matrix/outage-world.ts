import type { SourceState } from '@outlast/snapshot'
import type { Cell, Outage } from './cells.ts'
import {
  configuration,
  emptiedRevision,
  emptyConfiguration,
  identity,
  otherIdentity,
  revisions,
} from './configurations.ts'
import type { Damage } from './damage.ts'
import { OutageStage } from './outage-stage.ts'

type Version = keyof typeof revisions

/** One outage from before its beginning to after its end. */
export class OutageWorld {
  readonly stage = new OutageStage(stateOf('running'))

  /** All is well, and has been for long enough: there are two snapshots, and what this node has on its disk. */
  async prepare(node: Cell['node']): Promise<void> {
    const { stage } = this
    await this.#publish('earlier backup')
    await this.#publish('backup')
    if (node === 'new') {
      // A prepared image, or a folder that was copied from another node some time ago.
      await this.#publish('image', stage.disk)
      return
    }
    await stage.start()
    await stage.clock.turn(3_000)
    if (node === 'restarted') await stage.node.stop()
  }

  async begin({ controlPlane, store, local }: Outage, damage: Damage): Promise<void> {
    await this.stage.breakStore(store, damage)
    await this.stage.breakDisk(local, damage)
    this.stage.controlPlane.become(controlPlane, stateIn(controlPlane))
  }

  /** The store is there again, and an exporter has gone on. */
  async endForStore(): Promise<void> {
    await this.stage.mendStore()
    await this.#publish('later backup')
  }

  /** The control plane is the one from before, and further on. */
  endForControlPlane(): void {
    this.stage.controlPlane.become('up', stateOf('recovered'))
  }

  async #publish(version: Version, storage = this.stage.bucket): Promise<void> {
    // No two at the same time: names of commits sort by it.
    await this.stage.clock.turn(1_000)
    await this.stage.publish(version, revisions[version], storage)
  }
}

function stateOf(version: Version): SourceState {
  return { identity, revision: revisions[version], ...configuration(version) }
}

function stateIn(controlPlane: Outage['controlPlane']): SourceState {
  if (controlPlane === 'empty') return { identity, revision: emptiedRevision, ...emptyConfiguration }
  if (controlPlane === 'older') return stateOf('older')
  if (controlPlane === 'other identity') return { identity: otherIdentity, revision: 900, ...configuration('other') }
  return stateOf('live')
}
