import { SnapshotError, type Clock, type Logger, type SnapshotStore } from '@outlast/snapshot'
import { spread } from './spread.ts'
import { candidate, type Candidate } from './candidate.ts'
import { contentOf } from './content.ts'
import type { StoreView } from './decide.ts'
import { readComplete, type CompleteReading } from './read-complete.ts'
import { SourceRecord } from './source-record.ts'
import { withDeadline } from './with-deadline.ts'

export interface StoreFollowerOptions {
  readonly store: SnapshotStore
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
      if (reading !== undefined) this.#take(reading)
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

  #take(reading: CompleteReading): void {
    const { manifest, entries } = reading.resources
    const { latest } = reading
    const changed =
      manifest.commitId !== this.#reading?.resources.manifest.commitId ||
      reading.instance?.manifest.commitId !== this.#reading.instance?.manifest.commitId
    this.#reading = reading
    const matchedAt =
      latest.manifest.commitId === manifest.commitId && latest.matchedAt !== undefined
        ? latest.matchedAt
        : Date.parse(manifest.createdAt)
    if (!changed && this.#offer !== undefined) {
      this.#offer = { ...this.#offer, matchedAt }
      return
    }
    const { identity } = manifest.source
    const configuration = { resources: entries, instance: reading.instance?.entries ?? [] }
    const content = contentOf(configuration, this.#offer?.content)
    this.#offer = candidate({ source: this.store.name, identity, position: manifest.position, matchedAt, content })
  }
}
