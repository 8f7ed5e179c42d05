import {
  holdReason,
  SnapshotError,
  type Clock,
  type Domain,
  type Entry,
  type Floor,
  type Logger,
  type Manifest,
  type SnapshotStore,
} from '@outlast/snapshot'
import { spread } from './spread.ts'
import { candidate, type Candidate } from './candidate.ts'
import { contentOf, type Content } from './content.ts'
import { earlierConfigurations } from './earlier-configurations.ts'
import { flooredStore, type FlooredStore } from './floored-store.ts'
import { loadPair, readComplete, type CompleteReading, type CompleteSnapshot } from './read-complete.ts'
import type { ServedManifest, ServedSnapshot } from './raised-floor.ts'
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
  /** What is not to be read from this store, unless an operator wants it. Without it there is no floor. */
  readonly floorOf?: ((domain: Domain) => Promise<Floor | undefined>) | undefined
  /** Called after every poll. */
  readonly onPoll: () => void
}

interface SearchOptions {
  readonly offer: Candidate
  readonly newest: CompleteReading
  readonly refused: ReadonlySet<string>
  readonly signal: AbortSignal
}

/** Longer than any honest read of a whole configuration; storage adapters have deadlines of their own. */
const readDeadlineMs = 120_000
/** A sink that refuses everything must not make every node read all that the store has. */
const maximumFound = 10

/** Keeps the newest complete configuration of one snapshot store. The same work in every mode, so that no path is new in an outage. */
export class StoreFollower implements StoreView<Candidate> {
  readonly record: SourceRecord
  readonly store: SnapshotStore
  readonly #floored: FlooredStore
  readonly #options: StoreFollowerOptions
  #reading: CompleteReading | undefined
  #offer: Candidate | undefined
  #earlier: Candidate | undefined
  /** The search for something earlier; stays when it has ended well. */
  #search: Promise<void> | undefined
  /** Digest of what an earlier search found, and this one passes over. */
  #searchedPast: string | undefined
  /** How often something earlier was found. */
  #found = 0
  #empty = false
  #damaged = false
  #pause = new AbortController()

  constructor(options: StoreFollowerOptions) {
    this.#options = options
    this.store = options.store
    this.#floored = flooredStore(options.store, options.floorOf ?? (async () => undefined))
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

  /** The same, as far as floors are concerned. */
  get served(): ServedSnapshot | undefined {
    if (this.#reading === undefined) return undefined
    const { resources, instance } = this.#reading
    return {
      key: `${resources.manifest.commitId} ${instance?.manifest.commitId ?? ''}`,
      resources: this.#servedManifest(resources.manifest),
      instance: instance && this.#servedManifest(instance.manifest),
    }
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

  /** Ends the pause between two polls. Resolves when the store has answered or failed. */
  async hurry(): Promise<void> {
    const heard = this.record.heard()
    this.#pause.abort()
    await heard
  }

  /** Reads once. Never rejects. */
  async poll(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    this.record.attempt()
    try {
      const read = async (linked: AbortSignal): Promise<CompleteReading | undefined> =>
        readComplete(this.#floored.store, { have: this.#reading, signal: linked })
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
   * `earlier`; when that must not take effect either, the one before is looked for, a few times. Resolves when the search
   * has ended, whoever began it. Never rejects: what fails is looked for again with the next call.
   */
  async lookBack(refused: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const offer = this.#offer
    const newest = this.#reading
    if (offer === undefined || newest === undefined || !refused.has(offer.digest)) return
    const found = this.#earlier?.digest
    const isRefused = found !== undefined && found !== this.#searchedPast && refused.has(found)
    if (this.#search === undefined || (isRefused && this.#found < maximumFound)) {
      this.#searchedPast = found
      this.#search = this.#searchBefore({ offer, newest, refused, signal })
    }
    await this.#search
  }

  async #searchBefore({ offer, newest, refused, signal }: SearchOptions): Promise<void> {
    const { clock, onPoll } = this.#options
    const look = async (linked: AbortSignal): Promise<Candidate | undefined> => {
      for await (const complete of earlierConfigurations(this.#floored.store, newest, linked)) {
        const found = await this.#candidateOf(complete)
        if (!refused.has(found.digest)) return found
      }
      return undefined
    }
    try {
      const found = await withDeadline(look, { clock, deadlineMs: readDeadlineMs, signal })
      // Something else was read meanwhile.
      if (found === undefined || this.#offer?.digest !== offer.digest) return
      this.#found++
      this.#earlier = found
      onPoll()
    } catch (error) {
      this.#search = undefined
      if (!signal.aborted) this.record.failure(error)
    }
  }

  /** The snapshot with this number, whole and verified, also below the floor. Rejects when there is none. */
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
      for await (const complete of earlierConfigurations(this.store, newest, linked)) {
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
    this.#forgetEarlier()
  }

  #forgetEarlier(): void {
    this.#earlier = undefined
    this.#search = undefined
    this.#searchedPast = undefined
    this.#found = 0
  }

  async #take(reading: CompleteReading): Promise<void> {
    const { manifest } = reading.resources
    const { latest } = reading
    const changed =
      manifest.commitId !== this.#reading?.resources.manifest.commitId ||
      reading.instance?.manifest.commitId !== this.#reading.instance?.manifest.commitId
    const matchedAt =
      latest?.manifest.commitId === manifest.commitId && latest.matchedAt !== undefined
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
    this.#forgetEarlier()
  }

  #servedManifest(manifest: Manifest): ServedManifest {
    return { position: manifest.position, digest: this.#floored.digestOf(manifest) }
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
    return contentOf(
      { resources: resources.entries, instance: keys },
      {
        reuse: this.#offer?.content,
        digests: { resources: resources.digests, instance: instance?.digests ?? [] },
        reveal: (stored) => fields.reveal(stored),
      },
    )
  }
}
