import { backOffMs, type Clock, type Logger } from '@outlast/snapshot'
import { CopyWriter, type CopySequences, type CopyWriterOptions, type LocalCopy } from './copy-writer.ts'
import type { Good } from './own-store.ts'
import { SourceRecord } from './source-record.ts'
import { Wake } from './wake.ts'
import { withDeadline } from './with-deadline.ts'

export interface LocalCopiesOptions extends CopyWriterOptions {
  /** Told how each look at the newest copy went. */
  readonly readRecord: SourceRecord
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  /** The longest wait after a failed write. */
  readonly retryMs: number
}

const debounceMs = 1_000
/** Longer than a disk that works needs for a very large configuration on a busy machine; each call has a deadline of its own. */
const writeDeadlineMs = 60_000
/** How often the newest copy is read again: damage is best found while there is somebody who can make it good. */
const lookEveryMs = 3_600_000

/**
 * Keeps the last good configurations on this node's disk, off the request path; last wins. What cannot be written is tried
 * again until it can, and what rots or vanishes later is written once more.
 */
export class LocalCopies {
  /** How writing goes. */
  readonly record: SourceRecord
  readonly #options: LocalCopiesOptions
  readonly #writer: CopyWriter
  readonly #wake = new Wake()
  #pending: LocalCopy | undefined
  /** What was written last. */
  #kept: { readonly copy: LocalCopy; readonly sequences: CopySequences } | undefined
  #lookIsDue = false

  constructor(options: LocalCopiesOptions) {
    this.#options = options
    this.#writer = new CopyWriter(options)
    const { own, clock, logger } = options
    const messages = { failed: 'the local copy could not be written', recovered: 'the local copy is written again' }
    this.record = new SourceRecord({ name: own.current.name, clock, logger, messages })
  }

  /** A copy of what is or was in effect has been written. */
  get hasWritten(): boolean {
    return this.#kept !== undefined
  }

  /** Asks for this copy to be written soon. Replaces one that waits. */
  save(copy: LocalCopy): void {
    const isKept = this.#kept !== undefined && copyKey(copy) === copyKey(this.#kept.copy)
    if (isKept && this.#pending === undefined) return
    this.#pending = copy
    this.#wake.call()
  }

  /** Writes what `save` hands over until the signal is aborted; a copy that waits then is still written. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#writeAll(signal), this.#remindOfLooking(signal)])
    await this.#writePending()
  }

  async #writeAll(signal: AbortSignal): Promise<void> {
    const { clock, random, retryMs } = this.#options
    let failures = 0
    while (!signal.aborted) {
      if (failures === 0) await this.#wake.wait(signal)
      const pauseMs = failures === 0 ? debounceMs : backOffMs({ failures, firstMs: 1_000, limitMs: retryMs, random })
      await clock.sleep(pauseMs, { signal }).catch(() => {})
      if (signal.aborted) return
      if (this.#lookIsDue) await this.#look(signal)
      failures = (await this.#writePending()) ? 0 : failures + 1
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
    const { clock, logger, own, readRecord } = this.#options
    const look = async (linked: AbortSignal): Promise<Good | undefined> => own.inspect(kept.sequences, linked)
    readRecord.attempt()
    try {
      const good = await withDeadline(look, { clock, deadlineMs: writeDeadlineMs, signal })
      if (good !== undefined) {
        logger.warn({ store: own.current.name }, 'the local copy is damaged, and is written again')
        await own.heal(signal, good)
        this.#pending ??= kept.copy
      }
      readRecord.success()
    } catch (error) {
      if (!signal.aborted) readRecord.failure(error)
    }
  }

  /** Resolves with `false` when the copy could not be written and still waits. */
  async #writePending(): Promise<boolean> {
    const copy = this.#pending
    if (copy === undefined) return true
    this.record.attempt()
    try {
      const sequences = await this.#bounded(async (signal) => this.#writer.write(copy, signal))
      this.#kept = { copy, sequences }
      if (this.#pending === copy) this.#pending = undefined
      this.record.success()
      return true
    } catch (error) {
      this.record.failure(error)
      // What cannot be mended now is in the way of the next write too, which then tells.
      await this.#bounded(async (signal) => this.#writer.mend(error, signal)).catch(() => {})
      return false
    }
  }

  /** Not at the signal of the loop: what has begun should end. */
  async #bounded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock } = this.#options
    return withDeadline(work, { clock, deadlineMs: writeDeadlineMs, signal: new AbortController().signal })
  }
}

/** Two copies with the same key need not both be written. */
function copyKey({ content, identity, position }: LocalCopy): string {
  return `${identity} ${position.epoch} ${content.digest}`
}
