import type { SourceState } from '@outlast/snapshot'
import type { Outage } from './cells.ts'
import { configuration, emptyConfiguration, identity, otherIdentity } from './configurations.ts'
import type { Damage } from './damage.ts'
import { OutageStage } from './outage-stage.ts'

interface Step {
  readonly serves: string
  readonly mode: 'live' | 'holding' | 'standalone'
}

/** What a control plane takes that was a black hole before, with the node's turn to return. */
const returnMs = 80_000
/** What a store takes that was a black hole before. */
const noticeMs = 25_000

interface Exported {
  readonly epoch: number
  readonly change: number
}

/**
 * One node that is never restarted, while one outage turns into the next. The world goes on meanwhile: with every step there
 * is one change more, and where the store can be written an exporter publishes it, whether or not this node reaches the
 * control plane; every other time it lags behind by one.
 */
export class OutageWalk {
  readonly stage = new OutageStage(stateAt(0))
  #change = 0
  /** What can be read in the store, if it answers; the newest last. */
  #exported: Exported[] = []
  /** What the node must have, and in which mode. */
  #has: Exported = { epoch: this.stage.epoch, change: 0 }
  #mode: Step['mode'] = 'live'

  async start(): Promise<void> {
    await this.#export(0)
    await this.stage.start()
    await this.stage.clock.turn(3_000)
  }

  /** One outage begins where the one before ends. Resolves, some time later, with what the node must be doing. */
  async through({ controlPlane, store, local }: Outage, damage: Damage): Promise<Step> {
    const { stage } = this
    this.#change += 1
    // Time goes by between two exports; from here until everything is as it should be it stands still.
    await stage.clock.turn(1_000)
    await stage.mendStore()
    stage.mendDisk()
    if (store === 'up' || store === 'newest damaged') {
      const newest = this.#exported.at(-1)?.change ?? 0
      await this.#export(Math.max(newest, this.#change % 2 === 0 ? this.#change : this.#change - 1))
    }
    await stage.breakStore(store, damage)
    if (store === 'empty') this.#exported = []
    await stage.breakDisk(local, damage)
    stage.controlPlane.become(controlPlane, this.#stateIn(controlPlane))
    this.#expect(controlPlane, store)
    await stage.clock.turn(this.#mode === 'live' ? returnMs : noticeMs)
    return { serves: nameOf(this.#has.change), mode: this.#mode }
  }

  /** What the node is doing. */
  now() {
    const { node, sink } = this.stage
    const { mode, ready } = node.status()
    return { serves: sink.serves, mode, ready, violations: sink.violations }
  }

  #expect(controlPlane: Outage['controlPlane'], store: Outage['store']): void {
    const readable = { up: this.#exported.at(-1), 'newest damaged': this.#exported.at(-2) }
    const newest = store === 'up' || store === 'newest damaged' ? readable[store] : undefined
    if (controlPlane === 'up' || controlPlane === 'slow') {
      // A control plane does not tell its epoch: it is the newest that the node knows of.
      this.#has = { epoch: Math.max(this.#has.epoch, newest?.epoch ?? 0), change: this.#change }
      this.#mode = 'live'
      return
    }
    if (this.#mode === 'live') this.#mode = 'holding'
    if (newest === undefined || !isNewer(newest, this.#has)) return
    this.#has = newest
    this.#mode = 'standalone'
  }

  #stateIn(controlPlane: Outage['controlPlane']): SourceState {
    if (controlPlane === 'empty') return { identity, revision: revisionOf(this.#change), ...emptyConfiguration }
    if (controlPlane === 'older') return { identity, revision: 1, ...configuration('older') }
    if (controlPlane === 'other identity')
      return { identity: otherIdentity, revision: 1_000_000, ...configuration('other') }
    return stateAt(this.#change)
  }

  async #export(change: number): Promise<void> {
    const { epoch } = this.stage
    if (this.#exported.at(-1)?.change !== change) this.#exported.push({ epoch, change })
    await this.stage.publish(nameOf(change), revisionOf(change))
  }
}

function isNewer(one: Exported, other: Exported): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.change > other.change)
}

function stateAt(change: number): SourceState {
  return { identity, revision: revisionOf(change), ...configuration(nameOf(change)) }
}

function nameOf(change: number): string {
  return `change ${change}`
}

function revisionOf(change: number): number {
  return 1_000 + change
}
