import {
  snapshotStore,
  type Clock,
  type Domain,
  type Entry,
  type Logger,
  type Manifest,
  type Position,
  type ProtectionOf,
  type SealingKey,
  type SnapshotDraft,
  type SnapshotStore,
} from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import { itemsOf, type Content } from './content.ts'
import { healLocalStore } from './heal-local-store.ts'
import { KeptResources } from './kept-resources.ts'
import { rememberedFields, type RememberedFields } from './remembered-fields.ts'
import { StoreFollower } from './store-follower.ts'
import { withDeadline } from './with-deadline.ts'
import { Wake } from './wake.ts'

export interface LocalStoreOptions {
  readonly storage: StorageAdapter
  readonly group: string
  /** Encrypts resources with the keys of their instance configuration, and decrypts them. */
  readonly protectionOf: ProtectionOf
  /** For the instance configuration, which holds those keys: the first one seals, all open. */
  readonly sealingKeys: readonly SealingKey[]
  readonly clock: Clock
  readonly logger: Logger
  /** How long to wait after a failed write. */
  readonly retryMs: number
  /** Called when the store was read. */
  readonly onRead: () => void
}

/** What is to be kept. */
export interface LocalCopy {
  readonly content: Content
  readonly identity: string
  readonly position: Position
}

const debounceMs = 1_000
const writeDeadlineMs = 10_000
/** How often the newest copy is read again: damage is best found while there is somebody who can make it good. */
const lookEveryMs = 3_600_000
const retention = { newest: 5, minutelyHours: 0, hourlyDays: 0 }
/** Nobody else publishes here, except a predecessor that is just being replaced. */
const pruneGraceMs = 60_000

/** Sequence of the newest snapshot of each domain that can be built on; nothing when there is none. */
type Good = Readonly<Record<Domain, number | undefined>>

const domains: readonly Domain[] = ['resources', 'instance']

/**
 * The last good configurations on this node: read once at start, written off the request path, last wins. What rots or
 * vanishes meanwhile is written again.
 */
export class LocalStore {
  readonly reader: StoreFollower
  readonly #options: LocalStoreOptions
  readonly #fieldsOf: (instance: Iterable<Entry>) => RememberedFields
  readonly #resources = new KeptResources()
  readonly #wake = new Wake()
  #store: SnapshotStore
  #isHealed = false
  #pending: LocalCopy | undefined
  /** What was written last. */
  #kept: LocalCopy | undefined
  #lookIsDue = false

  constructor(options: LocalStoreOptions) {
    this.#options = options
    this.#store = this.#open()
    this.#fieldsOf = rememberedFields(options.protectionOf)
    const { clock, logger, retryMs, onRead } = options
    this.reader = new StoreFollower({
      store: this.#store,
      fieldsOf: this.#fieldsOf,
      clock,
      logger,
      random: () => 0.5,
      pollIntervalMs: retryMs,
      onPoll: onRead,
    })
  }

  /** Asks for this copy to be written soon. Replaces one that waits. */
  save(copy: LocalCopy): void {
    const isKept = this.#kept !== undefined && copyKey(copy) === copyKey(this.#kept)
    if (isKept && this.#pending === undefined) return
    this.#pending = copy
    this.#wake.call()
  }

  /** Reads, then writes what `save` hands over until the signal is aborted; a copy that waits then is still written. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.reader.poll(signal)
    await Promise.all([this.#writeAll(signal), this.#remindOfLooking(signal)])
    await this.#writePending()
  }

  async #writeAll(signal: AbortSignal): Promise<void> {
    const { clock, retryMs } = this.#options
    while (!signal.aborted) {
      await this.#wake.wait(signal)
      await clock.sleep(debounceMs, { signal }).catch(() => {})
      if (signal.aborted) return
      if (this.#lookIsDue) await this.#look(signal)
      if (await this.#writePending()) continue
      await clock.sleep(retryMs, { signal }).catch(() => {})
      this.#wake.call()
    }
  }

  async #remindOfLooking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(lookEveryMs, { signal }).catch(() => {})
      this.#lookIsDue = true
      this.#wake.call()
    }
  }

  /** Reads what was written last; when it is not there as it was written, it waits to be written again. Never rejects. */
  async #look(signal: AbortSignal): Promise<void> {
    this.#lookIsDue = false
    const kept = this.#kept
    if (kept === undefined) return
    const { clock, logger } = this.#options
    const look = async (linked: AbortSignal): Promise<Good | undefined> => {
      const resources = await this.#store.resources.verifyNewest({ signal: linked })
      const instance = await this.#store.instance.verifyNewest({ signal: linked })
      const isWhole = [resources, instance].every(
        (verdict) => verdict !== undefined && verdict.unusable + verdict.missing + verdict.damaged === 0,
      )
      return isWhole ? undefined : { resources: resources?.sequence, instance: instance?.sequence }
    }
    try {
      const good = await withDeadline(look, { clock, deadlineMs: writeDeadlineMs, signal })
      if (good === undefined) return
      logger.warn({ store: this.#store.name }, 'the local copy is damaged, and is written again')
      await this.#heal(good, signal)
      this.#pending ??= kept
    } catch (error) {
      if (!signal.aborted) this.reader.record.failure(error)
    }
  }

  /** Resolves with `false` when the copy could not be written and still waits. */
  async #writePending(): Promise<boolean> {
    const copy = this.#pending
    if (copy === undefined) return true
    const { record } = this.reader
    record.attempt()
    try {
      // Not the loop's signal: a write that has begun should end.
      const signal = new AbortController().signal
      const write = async (linked: AbortSignal): Promise<void> => this.#write(copy, linked)
      await withDeadline(write, { clock: this.#options.clock, deadlineMs: writeDeadlineMs, signal })
      this.#kept = copy
      if (this.#pending === copy) this.#pending = undefined
      record.success()
      return true
    } catch (error) {
      record.failure(error)
      return false
    }
  }

  async #write({ content, identity, position }: LocalCopy, signal: AbortSignal): Promise<void> {
    if (this.reader.damaged && !this.#isHealed) await this.#heal(this.#goodAtStart(), signal)
    const source = { identity }
    const keys = itemsOf(content, 'instance').map(({ entry }) => entry)
    const instance = await this.#publish('instance', { entries: keys, position, source }, signal)
    const needs = { instance: instance.position }
    const fields = this.#fieldsOf(keys)
    const entries = await this.#resources.of(content, fields)
    await this.#publish('resources', { entries, position, source, needs }, signal)
    for (const domain of domains) {
      await this.#store[domain].prune({ retention, graceMs: pruneGraceMs, signal })
    }
  }

  async #publish(domain: Domain, draft: SnapshotDraft, signal: AbortSignal): Promise<Manifest> {
    const publication = await this.#store[domain].begin({ signal })
    const result = await publication.publish(draft, { signal })
    if (result.status === 'lost') throw new Error('another process writes to the local store')
    if (result.status === 'refused')
      throw new Error('the local store holds a newer configuration than the one in effect')
    return result.manifest
  }

  #goodAtStart(): Good {
    const { reading } = this.reader
    return { resources: reading?.resources.manifest.sequence, instance: reading?.instance?.manifest.sequence }
  }

  async #heal(good: Good, signal: AbortSignal): Promise<void> {
    const { storage, group } = this.#options
    for (const domain of domains) await healLocalStore({ storage, group, domain, good: good[domain], signal })
    this.#isHealed = true
    // A store object remembers the newest manifest that it has seen.
    this.#store = this.#open()
  }

  #open(): SnapshotStore {
    const { storage, group, sealingKeys, clock, logger } = this.#options
    const sealing = { keys: sealingKeys }
    return snapshotStore({ group, resources: storage, instance: storage, sealing, clock, logger })
  }
}

/** Two copies with the same key need not both be written. */
function copyKey({ content, identity, position }: LocalCopy): string {
  return `${identity} ${position.epoch} ${content.digest}`
}
