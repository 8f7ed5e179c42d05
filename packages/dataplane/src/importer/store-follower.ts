import { holdReason, SnapshotError, type Clock, type Entry, type Logger, type SnapshotStore } from '@outlast/snapshot'
import { spread } from './spread.ts'
import { candidate, type Candidate } from './candidate.ts'
import { contentOf, type Content } from './content.ts'
import { inSlices } from './in-slices.ts'
import {
  earlierComplete,
  loadPair,
  readComplete,
  type CompleteReading,
  type CompleteSnapshot,
} from './read-complete.ts'
import type { RememberedFields } from './remembered-fields.ts'
import type { StoreView } from './situation.ts'
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
  #earlier: Candidate | undefined
  /** Digest of the offer before which something earlier was looked for. */
  #lookedBefore: string | undefined
  #empty = false
  #damaged = false
  #pause = new AbortController()

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

  get earlier(): Candidate | undefined {
    return this.#earlier
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
      if (this.#pause.signal.aborted) this.#pause = new AbortController()
      const either = AbortSignal.any([signal, this.#pause.signal])
      await clock.sleep(spread(pollIntervalMs, random, 0.1), { signal: either }).catch(() => {})
    }
  }

  /** Ends the pause between two polls. */
  hurry(): void {
    this.#pause.abort()
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

  /**
   * Looks for the newest configuration before the offer that may take effect, when the offer itself must not. It becomes
   * `earlier`. Once for each offer, and never rejects: what fails is looked for again after the next poll.
   */
  async lookBack(refused: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const offer = this.#offer
    const newest = this.#reading?.resources.manifest
    if (offer === undefined || newest === undefined || !refused.has(offer.digest)) return
    if (this.#lookedBefore === offer.digest) return
    this.#lookedBefore = offer.digest
    const { clock, onPoll } = this.#options
    const look = async (linked: AbortSignal): Promise<Candidate | undefined> => {
      for await (const complete of earlierComplete(this.store, newest, linked)) {
        const found = await this.#candidateOf(complete)
        if (!refused.has(found.digest)) return found
      }
      return undefined
    }
    try {
      this.#earlier = await withDeadline(look, { clock, deadlineMs: readDeadlineMs, signal })
      if (this.#earlier !== undefined) onPoll()
    } catch (error) {
      this.#lookedBefore = undefined
      if (!signal.aborted) this.record.failure(error)
    }
  }

  /** The snapshot with this number, whole and verified. Rejects when there is none. */
  async load(sequence: number, signal: AbortSignal): Promise<Candidate> {
    const read = async (linked: AbortSignal): Promise<Candidate> => {
      const { manifest } = await this.store.resources.manifest(sequence, { signal: linked })
      return this.#candidateOf(await loadPair(this.store, manifest, { have: this.#reading, signal: linked }))
    }
    return withDeadline(read, { clock: this.#options.clock, deadlineMs: readDeadlineMs, signal })
  }

  /** The newest configuration with this content among all that are held. */
  async find(digest: string, signal: AbortSignal): Promise<Candidate | undefined> {
    const newest = this.#reading
    if (newest === undefined) return undefined
    const look = async (linked: AbortSignal): Promise<Candidate | undefined> => {
      const current = await this.#candidateOf(newest)
      if (current.digest === digest) return current
      for await (const complete of earlierComplete(this.store, newest.resources.manifest, linked)) {
        const found = await this.#candidateOf(complete)
        if (found.digest === digest) return found
      }
      return undefined
    }
    return withDeadline(look, { clock: this.#options.clock, deadlineMs: readDeadlineMs, signal })
  }

  /** Forgets the content once something at least as new is in effect, to save memory. */
  release(): void {
    this.#offer = undefined
    this.#earlier = undefined
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
    const offer = await this.#candidateOf(reading)
    this.#reading = reading
    this.#offer = { ...offer, matchedAt }
    this.#earlier = undefined
  }

  async #candidateOf(complete: CompleteSnapshot): Promise<Candidate> {
    const { manifest } = complete.resources
    return candidate({
      source: this.store.name,
      identity: manifest.source.identity,
      position: manifest.position,
      matchedAt: Date.parse(manifest.createdAt),
      content: await this.#contentOf(complete),
      held: manifest.hold && holdReason(manifest.hold),
    })
  }

  async #contentOf({ resources, instance }: CompleteSnapshot): Promise<Content> {
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
