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
import { inSlices } from './in-slices.ts'
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
const retention = { newest: 5, minutelyHours: 0, hourlyDays: 0 }
/** Nobody else publishes here, except a predecessor that is just being replaced. */
const pruneGraceMs = 60_000

/** The last good configurations on this node: read once at start, written off the request path, last wins. */
export class LocalStore {
  readonly reader: StoreFollower
  readonly #options: LocalStoreOptions
  readonly #fieldsOf: (instance: Iterable<Entry>) => RememberedFields
  readonly #wake = new Wake()
  #store: SnapshotStore
  #healed = false
  #pending: LocalCopy | undefined
  #written: string | undefined

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
    if (copyKey(copy) === this.#written && this.#pending === undefined) return
    this.#pending = copy
    this.#wake.call()
  }

  /** Reads, then writes what `save` hands over until the signal is aborted; a copy that waits then is still written. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, retryMs } = this.#options
    await this.reader.poll(signal)
    while (!signal.aborted) {
      await this.#wake.wait(signal)
      await clock.sleep(debounceMs, { signal }).catch(() => {})
      if (signal.aborted) break
      if (await this.#writePending()) continue
      await clock.sleep(retryMs, { signal }).catch(() => {})
      this.#wake.call()
    }
    await this.#writePending()
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
      this.#written = copyKey(copy)
      if (this.#pending === copy) this.#pending = undefined
      record.success()
      return true
    } catch (error) {
      record.failure(error)
      return false
    }
  }

  async #write({ content, identity, position }: LocalCopy, signal: AbortSignal): Promise<void> {
    if (this.reader.damaged && !this.#healed) await this.#heal(signal)
    const source = { identity }
    const keys = itemsOf(content, 'instance').map(({ entry }) => entry)
    const instance = await this.#publish('instance', { entries: keys, position, source }, signal)
    const needs = { instance: instance.position }
    const fields = this.#fieldsOf(keys)
    const entries = await inSlices(itemsOf(content, 'resources'), ({ entry, fault }) =>
      // What could not be decrypted stays as it was stored; encrypted once more, it would look as if it could.
      fault === undefined ? fields.protect(entry) : entry,
    )
    await this.#publish('resources', { entries, position, source, needs }, signal)
    for (const domain of ['resources', 'instance'] as const) {
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

  async #heal(signal: AbortSignal): Promise<void> {
    const { storage, group } = this.#options
    const { reading } = this.reader
    for (const domain of ['resources', 'instance'] as const) {
      await healLocalStore({ storage, group, domain, good: reading?.[domain]?.manifest.sequence, signal })
    }
    this.#healed = true
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
