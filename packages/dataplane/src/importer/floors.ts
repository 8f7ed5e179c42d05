import type { Clock, Domain, Floor, Logger, SnapshotStore } from '@outlast/snapshot'
import type { Candidate } from './candidate.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'
import { floorNote, type StoreFloor } from './floor-note.ts'
import { KeptNote } from './kept-note.ts'
import type { NodeNote } from './node-note.ts'
import { raised, withServed, type ServedSnapshot } from './raised-floor.ts'
import { Ripening } from './ripening.ts'

export interface FloorsOptions {
  readonly note: NodeNote
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** How long a snapshot, or what came after it, is to be in effect until the floor rises to it. */
  readonly stableAfterMs: () => number
}

/** A store, and what of it was read last. */
export interface FlooredSource {
  readonly store: Pick<SnapshotStore, 'name' | 'group'>
  readonly offer: Candidate | undefined
  readonly served: ServedSnapshot | undefined
}

const noteDeadlineMs = 2_000
/** How long what was merely added to what has served may stay unwritten. */
const addedMs = 60_000
const maximumStores = 16

/**
 * What this node does not go below, store by store, so that nobody who can write to a store can take it back by deleting
 * what is newer (SPEC section 14). Each store has its own: a copy that lags behind the others is not shut out by them.
 *
 * A floor rises to a snapshot once that was in effect and, for as long as was told, nothing older was in its place. It
 * never sinks, but an operator can take it away. Nothing here rejects: a note that cannot be read means no floor.
 */
export class Floors {
  readonly #options: FloorsOptions
  readonly #note: KeptNote
  readonly #floors = new Map<string, StoreFloor>()
  #ripenings = new WeakMap<FlooredSource, Ripening<ServedSnapshot>>()
  #loaded: Promise<void> | undefined
  #unsavedSince: number | undefined

  constructor(options: FloorsOptions) {
    this.#options = options
    const { note, clock, logger, signal } = options
    this.#note = new KeptNote({
      note,
      text: () => floorNote.format({ floors: [...this.#floors.values()] }),
      deadlineMs: noteDeadlineMs,
      clock,
      logger,
      signal,
      consequence: 'the floor cannot be read, or would not outlive this process: an older snapshot would be taken',
    })
  }

  get report(): DataPlaneStatus['floors'] {
    return [...this.#floors.values()].map(({ store, resources, raisedAt }) => ({
      store,
      position: resources.position,
      raisedAt,
    }))
  }

  /** Why the note could not be read or written the last time. */
  get failure(): DataPlaneStatus['floorsError'] {
    return this.#note.failure
  }

  /** The floor of a store; resolves once the note was read. */
  async of(store: FlooredSource['store'], domain: Domain): Promise<Floor | undefined> {
    await this.#load()
    const floor = this.#floors.get(keyOf(store))?.[domain]
    return floor && { position: floor.position, served: new Set(floor.served) }
  }

  /** To be told after every look what is in effect. */
  observe(running: Candidate | undefined, sources: readonly FlooredSource[]): void {
    if (running === undefined) return
    const { clock, stableAfterMs } = this.#options
    const now = clock.now()
    for (const source of sources) {
      const ripening = this.#ripenings.get(source) ?? new Ripening<ServedSnapshot>()
      this.#ripenings.set(source, ripening)
      const { served } = source
      if (served !== undefined && source.offer?.digest === running.digest) {
        ripening.see({ item: served, key: served.key, since: now }, stableAfterMs() / 8)
        this.#addServed(source.store, served)
      }
      const stable = ripening.ripe(({ since }) => now - since >= stableAfterMs())
      if (stable !== undefined) this.#raise(source.store, stable)
    }
    // Whichever way the clock was set.
    if (this.#unsavedSince !== undefined && Math.abs(now - this.#unsavedSince) >= addedMs) void this.#save()
  }

  /** Something older was put into effect: what was in effect until then is not known to be good. */
  wentBack(): void {
    this.#ripenings = new WeakMap()
  }

  /** Takes every floor away. Resolves with whether it will stay so after a restart; `undefined` when there was none. */
  async reset(): Promise<boolean | undefined> {
    await this.#load()
    this.wentBack()
    if (this.#floors.size === 0) return undefined
    this.#floors.clear()
    return this.#save()
  }

  /** Writes what is not written yet. */
  async finish(): Promise<void> {
    if (this.#unsavedSince !== undefined) await this.#save()
    await this.#note.idle()
  }

  async #load(): Promise<void> {
    this.#loaded ??= this.#note.read(floorNote.parse).then(
      (written) => {
        for (const floor of written?.floors ?? [])
          this.#floors.set(keyOf({ name: floor.store, group: floor.group }), floor)
      },
      // Told by the note.
      () => {},
    )
    await this.#loaded
  }

  /** What has served may be read again, also below the floor. Of no use without one. */
  #addServed(store: FlooredSource['store'], served: ServedSnapshot): void {
    const floor = this.#floors.get(keyOf(store))
    if (floor === undefined) return
    const next = {
      ...floor,
      resources: withServed(floor.resources, served.resources),
      instance: floor.instance && withServed(floor.instance, served.instance),
    }
    if (next.resources === floor.resources && next.instance === floor.instance) return
    this.#floors.set(keyOf(store), next)
    this.#unsavedSince ??= this.#options.clock.now()
  }

  #raise(store: FlooredSource['store'], served: ServedSnapshot): void {
    const floor = this.#floors.get(keyOf(store))
    const resources = raised(floor?.resources, served.resources)
    const instance = raised(floor?.instance, served.instance)
    if (resources === undefined || (resources === floor?.resources && instance === floor.instance)) return
    const { clock, logger } = this.#options
    const { name, group } = store
    // The one that rose last is at the end.
    this.#floors.delete(keyOf(store))
    this.#floors.set(keyOf(store), { store: name, group, resources, instance, raisedAt: clock.now() })
    for (const key of [...this.#floors.keys()].slice(0, -maximumStores)) this.#floors.delete(key)
    logger.debug({ store: name, position: resources.position }, 'the floor rises')
    void this.#save()
  }

  async #save(): Promise<boolean> {
    this.#unsavedSince = undefined
    return this.#note.save()
  }
}

function keyOf({ name, group }: FlooredSource['store']): string {
  return `${group} ${name}`
}
