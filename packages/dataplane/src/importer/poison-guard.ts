import type { Clock, Logger } from '@outlast/snapshot'
import type { DataPlaneStatus } from './data-plane-status.ts'
import { KeptNote } from './kept-note.ts'
import type { NodeNote } from './node-note.ts'
import { poisonNote, type PoisonRecord, type Suspect } from './poison-record.ts'

export interface PoisonGuardOptions {
  readonly note: NodeNote
  /** Names what runs: another build begins without suspicion. */
  readonly build: string
  readonly clock: Clock
  readonly logger: Logger
  /** Source of jitter, from 0 to less than 1. */
  readonly random: () => number
  readonly signal: AbortSignal
  /** Called when a configuration may be tried again. */
  readonly onRetry: () => void
}

const deathsOfPoison = 2
const retryAfterMs = 600_000
/** A disk that hangs must not keep a configuration from taking effect. */
const noteDeadlineMs = 1_000
const maximumSuspects = 10

/**
 * Remembers across the death of the process which configuration was taking effect then. One that has done so twice in a
 * row is refused for ten minutes or a little more: a fleet must not try again, and perhaps die, at the same moment. It is
 * known by its digest, so a newer one is never suspected for it.
 *
 * Only deaths between `begin` and `end` count. Nothing here rejects: without its note it protects from nothing and is in
 * nobody's way.
 */
export class PoisonGuard {
  readonly #options: PoisonGuardOptions
  readonly #note: KeptNote
  readonly #suspects = new Map<string, Suspect>()
  /** When each refused one may be tried again. */
  readonly #refused = new Map<string, number>()
  #applying: PoisonRecord['applying']

  constructor(options: PoisonGuardOptions) {
    this.#options = options
    const { note, build, clock, logger, signal } = options
    this.#note = new KeptNote({
      note,
      text: () => poisonNote.format({ build, applying: this.#applying, suspects: [...this.#suspects.values()] }),
      deadlineMs: noteDeadlineMs,
      clock,
      logger,
      signal,
      consequence: 'a configuration that kills the process would not be remembered',
    })
  }

  /** Digests that must not take effect now. */
  get refused(): Iterable<string> {
    return this.#refused.keys()
  }

  get report(): DataPlaneStatus['poisoned'] {
    return [...this.#refused].flatMap(([digest, retryAt]) => {
      const suspect = this.#suspects.get(digest)
      return suspect === undefined ? [] : [{ ...suspect, retryAt }]
    })
  }

  /** Why the note could not be read or written the last time. */
  get failure(): DataPlaneStatus['poisonNoteError'] {
    return this.#note.failure
  }

  /** Reads what the process before has left. To be called once, before everything else. */
  async load(): Promise<void> {
    const record = await this.#note.read(poisonNote.parse).catch(() => undefined)
    if (record === undefined || record.build !== this.#options.build) return
    for (const suspect of record.suspects) this.#suspects.set(suspect.digest, suspect)
    if (record.applying !== undefined) this.#count(record.applying)
    for (const suspect of this.#suspects.values()) if (suspect.deaths >= deathsOfPoison) this.#refuse(suspect)
    // At once: should this process die before it applies anything, that is no second death.
    if (record.applying !== undefined) await this.#save()
  }

  /** This configuration is about to take effect. */
  async begin(digest: string): Promise<void> {
    this.#applying = { digest, at: this.#options.clock.now() }
    await this.#save()
  }

  /** This configuration has served, or was refused by the sink: it does not kill. */
  end(digest: string): void {
    const wasSuspected = this.#suspects.delete(digest)
    const wasApplying = this.#applying?.digest === digest
    if (wasApplying) this.#applying = undefined
    if (wasSuspected || wasApplying) void this.#save()
  }

  /** There is nothing else: what may kill this process again is still better than to serve nothing for ten minutes. */
  relent(): void {
    if (this.#refused.size === 0) return
    this.#refused.clear()
    this.#options.logger.warn({}, 'nothing else was found: a configuration that has killed the process is tried again')
    this.#options.onRetry()
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    await this.#note.idle()
  }

  #count({ digest, at }: Pick<Suspect, 'digest' | 'at'>): void {
    const deaths = (this.#suspects.get(digest)?.deaths ?? 0) + 1
    // Newest last.
    this.#suspects.delete(digest)
    this.#suspects.set(digest, { digest, deaths, at })
    for (const oldest of [...this.#suspects.keys()].slice(0, -maximumSuspects)) this.#suspects.delete(oldest)
    this.#options.logger.warn({ digest, deaths }, 'the process died while this configuration was taking effect')
  }

  #refuse({ digest, deaths, at }: Suspect): void {
    const { clock, logger, random, signal, onRetry } = this.#options
    const now = clock.now()
    // A clock that was set back must not make ten minutes a year.
    const retryAt = Math.min(at, now) + Math.round(retryAfterMs * (1 + 0.2 * random()))
    if (retryAt <= now) return
    this.#refused.set(digest, retryAt)
    logger.error({ digest, deaths, retryAt }, 'a configuration that has killed the process is not applied')
    const retry = async (): Promise<void> => {
      await clock.sleep(retryAt - now, { signal })
      this.#refused.delete(digest)
      onRetry()
    }
    // Only the signal ends it early, and then nobody waits any more.
    retry().catch(() => {})
  }

  /** While the note cannot be written it is not waited for: it is tried again by itself. */
  async #save(): Promise<void> {
    if (!this.#note.isRetrying || this.#options.signal.aborted) await this.#note.save()
  }
}
