import { holdReason, SnapshotError, type Clock, type Entry, type Logger, type SnapshotStore } from '@outlast/snapshot'
import { spread } from './spread.ts'
import { candidate, type Candidate } from './candidate.ts'
import { contentOf, type Content } from './content.ts'
import type { StoreView } from './decide.ts'
import { inSlices } from './in-slices.ts'
import { readComplete, type CompleteReading } from './read-complete.ts'
import type { RememberedFields } from './remembered-fields.ts'
import { SourceRecord } from './source-record.ts'
import { withDeadline } from './with-deadline.ts'

export interface StoreFollowerOptions {
  readonly store: SnapshotStore
  /** Decrypts resources with the keys of the instance configuration that was read with them. */
  readonly fieldsOf: (instance: Iterable<Entry>) => RememberedFields
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  readonly pollIntervalMs: number
  /** Called after every poll. */
  readonly onPoll: () => void
}

/** Longer than any honest read of a whole configuration; storage adapters have deadlines of their own. */
const readDeadlineMs = 120_000

/** Keeps the newest complete configuration of one snapshot store. The same work in every mode, so that no path is new in an outage. */
export class StoreFollower implements StoreView<Candidate> {
  readonly record: SourceRecord
  readonly store: SnapshotStore
  readonly #options: StoreFollowerOptions
  #reading: CompleteReading | undefined
  #offer: Candidate | undefined
  #empty = false
  #damaged = false

  constructor(options: StoreFollowerOptions) {
    this.#options = options
    this.store = options.store
    this.record = new SourceRecord({ name: options.store.name, clock: options.clock, logger: options.logger })
  }

  get asked(): boolean {
    return this.record.asked
  }

  get empty(): boolean {
    return this.#empty
  }

  /** Stays when a later poll fails: what was verified is still good. */
  get offer(): Candidate | undefined {
    return this.#offer
  }

  /** The last poll found objects that are damaged or missing. */
  get damaged(): boolean {
    return this.#damaged
  }

  /** What was read last. */
  get reading(): CompleteReading | undefined {
    return this.#reading
  }

  /** Polls until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, pollIntervalMs } = this.#options
    while (!signal.aborted) {
      await this.poll(signal)
      await clock.sleep(spread(pollIntervalMs, random, 0.1), { signal }).catch(() => {})
    }
  }

  /** Reads once. Never rejects. */
  async poll(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    this.record.attempt()
    try {
      const read = async (linked: AbortSignal): Promise<CompleteReading | undefined> =>
        readComplete(this.store, { have: this.#reading, signal: linked })
      const reading = await withDeadline(read, { clock, deadlineMs: readDeadlineMs, signal })
      // A store that lost its snapshots does not take away what it gave.
      if (reading !== undefined) await this.#take(reading)
      this.#empty = reading === undefined && this.#offer === undefined
      this.#damaged = reading?.skipped !== undefined
      if (reading?.skipped === undefined) this.record.success()
      else this.record.failure(reading.skipped)
    } catch (error) {
      if (signal.aborted) return
      this.#damaged = SnapshotError.isInstance(error)
      this.record.failure(error)
    }
    this.#options.onPoll()
  }

  /** Forgets the content once something at least as new is in effect, to save memory. */
  release(): void {
    this.#offer = undefined
  }

  async #take(reading: CompleteReading): Promise<void> {
    const { manifest } = reading.resources
    const { latest } = reading
    const changed =
      manifest.commitId !== this.#reading?.resources.manifest.commitId ||
      reading.instance?.manifest.commitId !== this.#reading.instance?.manifest.commitId
    const matchedAt =
      latest.manifest.commitId === manifest.commitId && latest.matchedAt !== undefined
        ? latest.matchedAt
        : Date.parse(manifest.createdAt)
    if (!changed && this.#offer !== undefined) {
      this.#reading = reading
      this.#offer = { ...this.#offer, matchedAt }
      return
    }
    const { identity } = manifest.source
    const content = await this.#contentOf(reading)
    this.#reading = reading
    this.#offer = candidate({
      source: this.store.name,
      identity,
      position: manifest.position,
      matchedAt,
      content,
      held: manifest.hold && holdReason(manifest.hold),
    })
  }

  async #contentOf({ resources, instance }: CompleteReading): Promise<Content> {
    const keys = instance?.entries ?? []
    const fields = this.#options.fieldsOf(keys)
    const faults = new Map<Entry, string>()
    const clear = await inSlices(resources.entries, (stored) => {
      const { entry, fault } = fields.reveal(stored)
      if (fault !== undefined) faults.set(entry, fault)
      return entry
    })
    return contentOf({ resources: clear, instance: keys }, { reuse: this.#offer?.content, faults })
  }
}
