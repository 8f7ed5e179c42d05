import { backOffMs, type Clock, type Logger, type ProtectionOf, type SealingKey } from '@outlast/snapshot'
import type { StorageAdapter } from '@outlast/storage'
import type { DataPlaneStatus, SourceReport } from './data-plane-status.ts'
import type { LocalCopy } from './copy-writer.ts'
import { LocalCopies } from './local-copies.ts'
import { OwnStore, type Good } from './own-store.ts'
import { rememberedFields } from './remembered-fields.ts'
import { StoreFollower } from './store-follower.ts'

export interface LocalStoreOptions {
  readonly storage: StorageAdapter
  readonly group: string
  /** Encrypts resources with the keys of their instance configuration, and decrypts them. */
  readonly protectionOf: ProtectionOf
  /** For the instance configuration, which holds those keys: the first one seals, all open. */
  readonly sealingKeys: readonly SealingKey[]
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  /** The longest wait after a read or a write that failed. */
  readonly retryMs: number
  /** Whether a configuration is in effect. */
  readonly isServing: () => boolean
  /** Called whenever the store was read. */
  readonly onRead: () => void
}

/** The last good configurations on this node: what is there at the start, and what is written from then on. */
export class LocalStore {
  /** What the store held when it was read. */
  readonly reader: StoreFollower
  readonly #options: LocalStoreOptions
  readonly #copies: LocalCopies

  constructor(options: LocalStoreOptions) {
    this.#options = options
    const { clock, logger, random, retryMs } = options
    const own = new OwnStore(options)
    const fieldsOf = rememberedFields(options.protectionOf)
    this.reader = new StoreFollower({
      store: own.current,
      fieldsOf,
      clock,
      logger,
      random,
      pollIntervalMs: retryMs,
      onPoll: options.onRead,
    })
    const damage = (): Good | undefined => (this.reader.damaged ? this.#goodAtStart() : undefined)
    this.#copies = new LocalCopies({
      own,
      fieldsOf,
      damage,
      readRecord: this.reader.record,
      clock,
      logger,
      random,
      retryMs,
    })
  }

  /** How reading and writing went. */
  get report(): SourceReport {
    const [read, written] = [this.reader.record.report, this.#copies.record.report]
    const errors = [read.lastError, written.lastError].filter((error) => error !== undefined)
    return {
      name: read.name,
      lastAttemptAt: latest(read.lastAttemptAt, written.lastAttemptAt),
      lastSuccessAt: latest(read.lastSuccessAt, written.lastSuccessAt),
      lastError: errors.toSorted((one, other) => other.at - one.at)[0],
    }
  }

  /** Why the last copy could not be written, or nothing could be read; gone once it can. */
  get error(): DataPlaneStatus['localCopyError'] {
    return this.#copies.record.failing ?? this.reader.record.failing
  }

  /** Asks for this copy to be written soon. Replaces one that waits. */
  save(copy: LocalCopy): void {
    this.#copies.save(copy)
  }

  /** Reads, then writes what `save` hands over until the signal is aborted; a copy that waits then is still written. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.reader.poll(signal)
    await Promise.all([this.#readAgain(signal), this.#copies.run(signal)])
  }

  /**
   * Once is enough where the disk is well: what is there later was written here. But a disk may come late or be mended by
   * somebody, and an empty folder may be the place where it will be mounted.
   */
  async #readAgain(signal: AbortSignal): Promise<void> {
    const { clock, random, retryMs } = this.#options
    for (let failures = 1; !this.#isRead(); failures++) {
      await clock.sleep(backOffMs({ failures, firstMs: 200, limitMs: retryMs, random }), { signal }).catch(() => {})
      if (signal.aborted || this.#isRead()) return
      await this.reader.poll(signal)
    }
  }

  #isRead(): boolean {
    if (this.#copies.hasWritten) return true
    return this.#options.isServing() && this.reader.record.failing === undefined
  }

  #goodAtStart(): Good {
    const { reading } = this.reader
    return { resources: reading?.resources.manifest.sequence, instance: reading?.instance?.manifest.sequence }
  }
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return Math.max(one, other)
}
