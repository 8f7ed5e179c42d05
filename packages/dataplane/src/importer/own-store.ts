import {
  snapshotStore,
  type Clock,
  type Domain,
  type Logger,
  type NewestVerdict,
  type SealingKey,
  type SnapshotStore,
} from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import { healLocalStore } from './heal-local-store.ts'
import { PutLog } from './put-log.ts'

export interface OwnStoreOptions {
  readonly storage: StorageAdapter
  readonly group: string
  /** For the instance configuration: the first one seals, all open. */
  readonly sealingKeys: readonly SealingKey[]
  readonly clock: Clock
  readonly logger: Logger
}

/** Sequence of the newest snapshot of each domain that can be built on; nothing when there is none. */
export type Good = Readonly<Record<Domain, number | undefined>>

type Verdicts = Readonly<Record<Domain, NewestVerdict | undefined>>

export const domains: readonly Domain[] = ['resources', 'instance']

/**
 * A snapshot store that belongs to this node alone, so that it may take out what is damaged, and what was not finished.
 * Everything rejects with what the storage rejects with, and can be called again then.
 */
export class OwnStore {
  readonly #options: OwnStoreOptions
  readonly #puts: PutLog
  #current: SnapshotStore

  constructor(options: OwnStoreOptions) {
    this.#options = options
    this.#puts = new PutLog(options.storage)
    this.#current = this.#open()
  }

  /** The store as it is now: another object after each healing. */
  get current(): SnapshotStore {
    return this.#current
  }

  /** What can be built on, unless the newest snapshots are these and can be read as a whole. */
  async inspect(sequences: Readonly<Record<Domain, number>>, signal: AbortSignal): Promise<Good | undefined> {
    const verdicts = await this.#verdicts(signal)
    const isWhole = domains.every((domain) => {
      const verdict = verdicts[domain]
      return verdict?.sequence === sequences[domain] && verdict.unusable + verdict.missing + verdict.damaged === 0
    })
    return isWhole ? undefined : goodOf(verdicts)
  }

  /** Takes out everything above what is good. Default: above the newest manifests that can be read. */
  async heal(signal: AbortSignal, good?: Good): Promise<void> {
    const { storage, group } = this.#options
    const kept = good ?? goodOf(await this.#verdicts(signal))
    for (const domain of domains) await healLocalStore({ storage, group, domain, good: kept[domain], signal })
    // A store object remembers the newest manifest that it has seen.
    this.#current = this.#open()
  }

  /** Takes back what a write that has failed left behind. */
  async takeBack(signal: AbortSignal): Promise<void> {
    await this.#puts.takeBack({ signal })
  }

  async #verdicts(signal: AbortSignal): Promise<Verdicts> {
    const resources = await this.#current.resources.verifyNewest({ signal })
    return { resources, instance: await this.#current.instance.verifyNewest({ signal }) }
  }

  #open(): SnapshotStore {
    const { group, sealingKeys, clock, logger } = this.#options
    const { storage } = this.#puts
    return snapshotStore({
      group,
      resources: storage,
      instance: storage,
      sealing: { keys: sealingKeys },
      clock,
      logger,
    })
  }
}

function goodOf({ resources, instance }: Verdicts): Good {
  return { resources: resources?.sequence, instance: instance?.sequence }
}
