import { errorMessage, type Clock } from '@outlast/snapshot'
import type { Candidate } from './candidate.ts'
import { loadFromAny } from './load-from-any.ts'
import type { Orders } from './orders.ts'
import type { StoreFollower } from './store-follower.ts'

export interface PinnedSnapshotOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long to wait after a search that found nothing. */
  readonly retryMs: number
  /** Called when a search has ended. */
  readonly onLook: () => void
}

type Pin = NonNullable<Orders['pinned']>

/** The snapshot that an operator has pinned: looked for until it is found. */
export class PinnedSnapshot {
  readonly #options: PinnedSnapshotOptions
  #pin: Pin | undefined
  #offer: Candidate | undefined
  #asked = false
  #error: string | undefined
  #isLooking = false
  #lookedAt = -Infinity

  constructor(options: PinnedSnapshotOptions) {
    this.#options = options
  }

  get asked(): boolean {
    return this.#asked
  }

  get offer(): Candidate | undefined {
    return this.#offer
  }

  /** Why it was not found the last time. */
  get error(): string | undefined {
    return this.#error
  }

  /** Pins what was found already. */
  set(pin: Pin, offer: Candidate): void {
    this.#forget(pin)
    this.#offer = offer
    this.#asked = true
  }

  /** Begins a search when there is something to be found, nobody is looking, and it is time. Never rejects. */
  async seek(pin: Pin | undefined, stores: readonly StoreFollower[], local: StoreFollower | undefined): Promise<void> {
    if (pin !== this.#pin) this.#forget(pin)
    const { clock, signal, onLook } = this.#options
    if (pin === undefined || this.#offer !== undefined || this.#isLooking || !this.#isTime()) return
    // Before it was read nobody knows what it holds.
    if (local?.asked === false) return
    this.#isLooking = true
    const found = await search(pin, stores, local, signal).catch((error: unknown) => errorMessage(error))
    this.#isLooking = false
    if (this.#pin !== pin || signal.aborted) return
    if (typeof found === 'string') this.#error = found
    else this.set(pin, found)
    this.#asked = true
    this.#lookedAt = clock.now()
    onLook()
  }

  #forget(pin: Pin | undefined): void {
    this.#pin = pin
    this.#offer = undefined
    this.#asked = false
    this.#error = undefined
    this.#lookedAt = -Infinity
  }

  #isTime(): boolean {
    const { clock, retryMs } = this.#options
    const sinceMs = clock.now() - this.#lookedAt
    // Less than 0 when the clock was set back.
    return sinceMs < 0 || sinceMs >= retryMs
  }
}

/** On the own disk first: that needs nobody. Rejects with why it was not found. */
async function search(
  pin: Pin,
  stores: readonly StoreFollower[],
  local: StoreFollower | undefined,
  signal: AbortSignal,
): Promise<Candidate> {
  const own = await local?.find(pin.digest, signal).catch(() => undefined)
  return own ?? loadFromAny(stores, pin.sequence, { digest: pin.digest, signal })
}
