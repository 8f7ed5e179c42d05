import type { Clock, ConfigSource, Logger, ProtectionOf, SnapshotStore } from '@outlast/snapshot'
import type { DataPlaneSources } from './data-plane.ts'
import type { Floors } from './floors.ts'
import { LiveFollower } from './live-follower.ts'
import { rememberedFields } from './remembered-fields.ts'
import { StoreFollower } from './store-follower.ts'

export interface FollowedSourcesOptions {
  /** Decrypts what stores hold. */
  readonly protectionOf: ProtectionOf
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  readonly pollIntervalMs: number
  readonly floors: Pick<Floors, 'of'> | undefined
  /** Called whenever a follower has something new to say. */
  readonly onChange: () => void
}

interface Running {
  readonly controller: AbortController
  readonly ended: Promise<void>
}

type Follower = LiveFollower | StoreFollower

/** The followers of the current sources, and their loops. */
export class FollowedSources {
  readonly #options: FollowedSourcesOptions
  readonly #loops = new Map<Follower, Running>()
  #live: LiveFollower | undefined
  #stores: readonly StoreFollower[] = []
  #started = false

  constructor(options: FollowedSourcesOptions, sources: DataPlaneSources) {
    this.#options = options
    this.replace(sources)
  }

  get live(): LiveFollower | undefined {
    return this.#live
  }

  get stores(): readonly StoreFollower[] {
    return this.#stores
  }

  start(): void {
    this.#started = true
    this.#align()
  }

  /** Follows these from now on. A source that is the same object as before is followed on without a break. */
  replace({ live, stores }: DataPlaneSources): void {
    this.#live = this.#followLive(live)
    this.#stores = stores.map((store) => this.#followStore(store))
    this.#align()
  }

  /** Asks every source now rather than at its next turn, and tells of each one when it has answered or failed. */
  hurry(onHeard: (follower: Follower) => void): void {
    const followers = [this.#live, ...this.#stores].filter((follower) => follower !== undefined)
    for (const follower of followers) void follower.hurry().then(() => onHeard(follower))
  }

  async stop(): Promise<void> {
    this.#started = false
    const loops = [...this.#loops.values()]
    for (const { controller } of loops) controller.abort()
    await Promise.all(loops.map(async ({ ended }) => ended))
  }

  #followLive(source: ConfigSource | undefined): LiveFollower | undefined {
    if (source === undefined || source === this.#live?.source)
      return this.#live?.source === source ? this.#live : undefined
    return new LiveFollower({ ...this.#options, source })
  }

  #followStore(store: SnapshotStore): StoreFollower {
    const known = this.#stores.find((follower) => follower.store === store)
    if (known !== undefined) return known
    const { protectionOf, floors, onChange } = this.#options
    return new StoreFollower({
      ...this.#options,
      store,
      fieldsOf: rememberedFields(protectionOf),
      floorOf: floors && (async (domain) => floors.of(store, domain)),
      onPoll: onChange,
    })
  }

  /** Starts the loops that are missing and ends those that nobody needs. */
  #align(): void {
    if (!this.#started) return
    const wanted = new Set<Follower>(this.#stores)
    if (this.#live !== undefined) wanted.add(this.#live)
    for (const [follower, { controller }] of this.#loops) if (!wanted.has(follower)) controller.abort()
    for (const follower of wanted) if (!this.#loops.has(follower)) this.#loop(follower)
  }

  #loop(follower: Follower): void {
    const controller = new AbortController()
    const run = async (): Promise<void> => {
      await follower.run(controller.signal)
      this.#loops.delete(follower)
    }
    this.#loops.set(follower, { controller, ended: run() })
  }
}
