import { backOffMs, SourceError, type Clock, type ConfigSource, type Logger, type SourceState } from '@outlast/snapshot'
import { spread } from './spread.ts'
import { candidate, type Candidate } from './candidate.ts'
import { changedContent, contentOf, type Content } from './content.ts'
import { SourceRecord } from './source-record.ts'
import { iterateUntilAborted } from './iterate-until-aborted.ts'
import { withDeadline } from './with-deadline.ts'

export interface LiveFollowerOptions {
  readonly source: ConfigSource
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  /** How often a source is loaded that cannot be watched; also the longest wait between two attempts. */
  readonly pollIntervalMs: number
  /** Called whenever the offer has changed, came, or went. */
  readonly onChange: () => void
}

/** What the source last said, while it answers. */
interface LiveState {
  readonly identity: string
  readonly revision: number
  readonly content: Content
  readonly matchedAt: number
  readonly load: symbol
}

/** Longer than any honest load; a source that ignores its own deadlines must not stop us from asking again. */
const loadDeadlineMs = 60_000
/** A connection that lasted this long was a good one: the next attempt comes soon. */
const steadyMs = 10_000

/** Keeps the newest complete configuration of a live source: loads, then watches, and begins again when it is lost. */
export class LiveFollower {
  readonly record: SourceRecord
  readonly source: ConfigSource
  readonly #options: LiveFollowerOptions
  #state: LiveState | undefined
  #offer: Candidate | undefined
  #isWatching = false
  #pause = new AbortController()

  constructor(options: LiveFollowerOptions) {
    this.#options = options
    this.source = options.source
    this.record = new SourceRecord({ name: options.source.name, clock: options.clock, logger: options.logger })
  }

  /** The newest complete configuration while the source answers, else `undefined`. */
  get offer(): Candidate | undefined {
    if (this.#state === undefined) return undefined
    const { identity, revision, matchedAt, content, load } = this.#state
    this.#offer ??= candidate({
      source: this.source.name,
      identity,
      position: { epoch: 0, revision },
      matchedAt,
      content,
      load,
    })
    return this.#offer
  }

  /** Follows until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, pollIntervalMs } = this.#options
    let failures = 0
    while (!signal.aborted) {
      let loadedAt: number | undefined
      try {
        this.record.attempt()
        await this.#load(signal)
        loadedAt = clock.now()
        await this.#follow(signal)
      } catch (error) {
        if (signal.aborted) break
        this.record.failure(error)
        this.#lose()
        failures = loadedAt !== undefined && clock.now() - loadedAt >= steadyMs ? 1 : failures + 1
        await this.#sleep(backOffMs({ failures, firstMs: 100, limitMs: pollIntervalMs, random }), signal)
      }
    }
    this.#set(undefined)
  }

  /**
   * Ends the pause before the next attempt. Resolves when the source has answered or failed; at once when it is being
   * watched, because then it has nothing to hurry with.
   */
  async hurry(): Promise<void> {
    if (this.#isWatching) return
    const heard = this.record.heard()
    this.#pause.abort()
    await heard
  }

  /** Ends early, and never rejects, when it is aborted or in a hurry. */
  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#pause.signal.aborted) this.#pause = new AbortController()
    const either = AbortSignal.any([signal, this.#pause.signal])
    await this.#options.clock.sleep(ms, { signal: either }).catch(() => {})
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const load = async (linked: AbortSignal): Promise<SourceState> => this.source.load({ signal: linked })
    await this.#replace(await withDeadline(load, { clock, deadlineMs: loadDeadlineMs, signal }))
  }

  /** Never returns: it throws when the source is lost. */
  async #follow(signal: AbortSignal): Promise<never> {
    const { random, pollIntervalMs } = this.#options
    if (this.source.watch === undefined) {
      for (;;) {
        await this.#sleep(spread(pollIntervalMs, random, 0.1), signal)
        signal.throwIfAborted()
        this.record.attempt()
        await this.#load(signal)
      }
    }
    const { identity, revision } = this.#current()
    const updates = this.source.watch({ from: { identity, revision }, signal })
    this.#isWatching = true
    try {
      for await (const update of iterateUntilAborted(updates, signal)) {
        if (update.type === 'state') await this.#replace(update.state)
        else this.#advance(update.revision, update.type === 'change' ? update : undefined)
      }
    } finally {
      this.#isWatching = false
    }
    throw new SourceError('unavailable', 'the source ended its watch')
  }

  #current(): LiveState {
    if (this.#state === undefined) throw new SourceError('unavailable', 'the source was lost')
    return this.#state
  }

  async #replace(state: SourceState): Promise<void> {
    checkRevision(state.revision)
    const content = await contentOf(state, { reuse: this.#state?.content })
    this.#publish({ ...state, content, load: Symbol(this.source.name) })
  }

  #advance(revision: number, changes: Parameters<typeof changedContent>[1] | undefined): void {
    checkRevision(revision)
    const current = this.#current()
    // Repeated or older: what it tells is part of the state already.
    if (revision < current.revision || (revision === current.revision && changes !== undefined)) return
    const content = changes === undefined ? current.content : changedContent(current.content, changes)
    this.#publish({ ...current, revision, content })
  }

  #publish({ identity, revision, content, load }: Omit<LiveState, 'matchedAt'>): void {
    this.record.success()
    this.#set({ identity, revision, content, load, matchedAt: this.#options.clock.now() })
    this.#options.onChange()
  }

  #lose(): void {
    this.#set(undefined)
    this.#options.onChange()
  }

  #set(state: LiveState | undefined): void {
    this.#state = state
    this.#offer = undefined
  }
}

function checkRevision(revision: number): void {
  if (!Number.isSafeInteger(revision) || revision < 0) {
    throw new SourceError('invalid-response', 'the source tells a revision that is not a safe integer')
  }
}
