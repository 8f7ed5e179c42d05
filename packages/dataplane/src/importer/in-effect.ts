import { errorMessage, type Clock, type Logger, type Position } from '@outlast/snapshot'
import { Applier } from './applier.ts'
import type { Candidate } from './candidate.ts'
import type { ConfigSink } from './config-sink.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'
import type { Take } from './decide.ts'

export interface InEffectOptions {
  readonly sink: ConfigSink
  readonly clock: Clock
  readonly logger: Logger
  /** When to hand the sink again what it refused. */
  readonly retryMs: number
  readonly signal: AbortSignal
  /** Called when something that the sink refused may be tried again. */
  readonly onRetry: () => void
}

/** The configuration in effect, and what the sink would not take. */
export class InEffect {
  readonly #options: InEffectOptions
  readonly #applier: Applier
  readonly #rejected = new Set<string>()
  #current: Candidate | undefined
  #position: Position | undefined
  #appliedAt: number | undefined
  #applyError: DataPlaneStatus['applyError']

  constructor(options: InEffectOptions) {
    this.#options = options
    this.#applier = new Applier(options.sink)
  }

  get current(): Candidate | undefined {
    return this.#current
  }

  /** Its position with the epoch settled. */
  get position(): Position | undefined {
    return this.#position
  }

  /** When the sink last changed anything, in milliseconds since the Unix epoch. */
  get appliedAt(): number | undefined {
    return this.#appliedAt
  }

  get applyError(): DataPlaneStatus['applyError'] {
    return this.#applyError
  }

  get quarantined(): DataPlaneStatus['quarantined'] {
    return this.#applier.quarantined
  }

  /** Digests that the sink refused a moment ago. */
  get rejected(): ReadonlySet<string> {
    return this.#rejected
  }

  /** Resolves with whether the offer is in effect now; when it is not, nothing has changed. */
  async take({ offer, position }: Take<Candidate>): Promise<boolean> {
    const { clock, logger } = this.#options
    const before = this.#applier.quarantined
    try {
      if (await this.#applier.apply(offer.content, position)) {
        this.#appliedAt = clock.now()
        logger.info({ source: offer.source, position, digest: offer.digest }, 'configuration applied')
      }
    } catch (error) {
      this.#reject(offer.digest, error)
      return false
    }
    this.#applyError = undefined
    this.#current = offer
    this.#position = position
    if (this.#applier.quarantined !== before) this.#logQuarantine()
    return true
  }

  /** Not handed to the sink again for a while; until then another configuration may be chosen. */
  #reject(digest: string, error: unknown): void {
    const { clock, logger, retryMs, signal, onRetry } = this.#options
    const message = errorMessage(error)
    if (message !== this.#applyError?.message)
      logger.error({ digest, error: message }, 'configuration could not be applied')
    this.#applyError = { at: clock.now(), message }
    this.#rejected.add(digest)
    const retry = async (): Promise<void> => {
      await clock.sleep(retryMs, { signal })
      this.#rejected.delete(digest)
      onRetry()
    }
    // Only the signal ends it early, and then nobody waits any more.
    retry().catch(() => {})
    // Another source may have something that the sink does take.
    onRetry()
  }

  #logQuarantine(): void {
    const items = this.#applier.quarantined
    if (items.length === 0) return
    const named = items.slice(0, 10).map(({ kind, id, reason }) => ({ kind, id, reason }))
    this.#options.logger.warn({ count: items.length, items: named }, 'entries are quarantined')
  }
}
