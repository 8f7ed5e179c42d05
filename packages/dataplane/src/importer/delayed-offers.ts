import type { Clock } from '@outlast/snapshot'
import type { Candidate } from './candidate.ts'
import { Ripening, type Waiting } from './ripening.ts'

export interface DelayedOffersOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly delayMs: () => number
  /** Called when an offer need not wait any more. */
  readonly onRipe: () => void
}

export interface SeenOffer {
  readonly offer: Candidate
  /** When the node first knew of this content, in milliseconds since the Unix epoch. */
  readonly seenAt: number
}

/** Whatever offers configurations. */
export interface OfferSource {
  readonly offer: Candidate | undefined
}

export type OfferOf = (source: OfferSource) => Candidate | undefined

/** Contents whose first sight is remembered. */
const maximumSeen = 1_000

/**
 * Lets a node see only what is old enough: of each source the newest configuration that the node has known of for the whole
 * delay, whichever source was the first to tell. So what was superseded by something that may take effect too never does.
 *
 * Three things need not wait: what has been in effect here; what the node has known of for long, so that going back to
 * something known is quick; and what an operator of the fleet has published, because that is for now.
 */
export class DelayedOffers {
  readonly #options: DelayedOffersOptions
  readonly #ripenings = new WeakMap<OfferSource, Ripening<Candidate>>()
  /** When each content was first known of, by digest; what was seen last is at the end. */
  readonly #seenAt = new Map<string, number>()
  #waiting: readonly SeenOffer[] = []
  #reminder: { readonly at: number; readonly controller: AbortController } | undefined

  constructor(options: DelayedOffersOptions) {
    this.#options = options
  }

  /** What of each source has to wait and will be old enough first; the soonest first. */
  get waiting(): readonly SeenOffer[] {
    return this.#waiting
  }

  /** When what was first seen then is old enough. */
  ripeAt({ seenAt }: SeenOffer): number {
    return seenAt + this.#options.delayMs()
  }

  /** Which offers of these are old enough; calls `onRipe` when there will be others. */
  look(sources: readonly OfferSource[]): OfferOf {
    const ripe = new Map(sources.map((source) => [source, this.#ripeOf(source)]))
    this.#waiting = sources
      .flatMap((source) => this.#ripenings.get(source)?.waiting.slice(0, 1) ?? [])
      .map(({ item }) => this.#seen(item))
      .sort((left, right) => left.seenAt - right.seenAt)
    this.#remind()
    return (source) => ripe.get(source)
  }

  /** This content need not wait: it took effect, or an operator wants it now. */
  release(digest: string): void {
    this.#remember(digest, -Infinity)
  }

  #ripeOf(source: OfferSource): Candidate | undefined {
    const ripening = this.#ripenings.get(source) ?? new Ripening<Candidate>()
    this.#ripenings.set(source, ripening)
    const { offer } = source
    if (offer === undefined) {
      ripening.clear()
      return undefined
    }
    const { clock, delayMs } = this.#options
    const now = clock.now()
    const isRipe = ({ item }: Waiting<Candidate>): boolean =>
      item.held !== undefined || this.ripeAt(this.#seen(item)) <= now
    // What is old enough by now must not be left out for what is newer.
    ripening.ripe(isRipe)
    ripening.see({ item: offer, key: offer.digest, since: this.#seen(offer).seenAt }, delayMs() / 4)
    return ripening.ripe(isRipe)
  }

  #seen(offer: Candidate): SeenOffer {
    const now = this.#options.clock.now()
    // A clock that was set back must not make a delay longer than twice.
    const seenAt = Math.min(this.#seenAt.get(offer.digest) ?? now, now)
    this.#remember(offer.digest, seenAt)
    return { offer, seenAt }
  }

  #remember(digest: string, seenAt: number): void {
    this.#seenAt.delete(digest)
    this.#seenAt.set(digest, seenAt)
    for (const oldest of this.#seenAt.keys()) {
      if (this.#seenAt.size <= maximumSeen) break
      this.#seenAt.delete(oldest)
    }
  }

  #remind(): void {
    const [next] = this.#waiting
    const at = next && this.ripeAt(next)
    if (at === this.#reminder?.at) return
    this.#reminder?.controller.abort()
    this.#reminder = undefined
    if (at === undefined) return
    const { clock, signal, onRipe } = this.#options
    const controller = new AbortController()
    this.#reminder = { at, controller }
    const remind = async (): Promise<void> => {
      await clock.sleep(Math.max(0, at - clock.now()), { signal: AbortSignal.any([signal, controller.signal]) })
      this.#reminder = undefined
      onRipe()
    }
    // Only a signal ends it early, and then nobody waits any more.
    remind().catch(() => {})
  }
}
