import { setImmediate } from 'node:timers/promises'
import { errorMessage } from '@outlast/snapshot'
import { compareOffers, knownEpochs, type Candidate } from './candidate.ts'
import { currentSituation } from './current-situation.ts'
import type { DataPlaneParts } from './data-plane-parts.ts'
import { decide, type Decision, type Take } from './decide.ts'
import type { OfferOf } from './delayed-offers.ts'
import type { LocalStore } from './local-store.ts'
import { lookBack } from './look-back.ts'
import { rememberedMassChange } from './mass-change.ts'
import { nextMode, type DataPlaneMode, type ModeEvent } from './mode.ts'
import type { Orders } from './orders.ts'

export interface ReconcilerOptions {
  readonly bootTimeoutMs: number
  readonly signal: AbortSignal
  /** Called whenever something took effect. */
  readonly onTaken: () => void
}

/**
 * One loop: whenever something has changed, look at the whole situation, decide, apply. Followers only keep
 * what their sources say, so a late or repeated call finds the same situation and changes nothing.
 */
export class Reconciler {
  readonly #parts: DataPlaneParts
  readonly #options: ReconcilerOptions
  readonly #massChange = rememberedMassChange()
  #mode: DataPlaneMode = 'starting'
  #bootExpired = false
  #decision: Decision<Candidate> | undefined
  /** Logged once, however often the control plane comes and goes before it is followed again. */
  #lastHeld: string | undefined

  constructor(parts: DataPlaneParts, options: ReconcilerOptions) {
    this.#parts = parts
    this.#options = options
  }

  get mode(): DataPlaneMode {
    return this.#mode
  }

  /** What was decided last. */
  get decision(): Decision<Candidate> | undefined {
    return this.#decision
  }

  /** Goes on until the signal is aborted. Never rejects. */
  async run(): Promise<void> {
    await Promise.all([this.#reconcileForever(), this.#expireBoot()])
  }

  async #expireBoot(): Promise<void> {
    const { bootTimeoutMs, signal } = this.#options
    await this.#parts.clock.sleep(bootTimeoutMs, { signal }).catch(() => {})
    this.#bootExpired = true
    this.#parts.wake.call()
  }

  async #reconcileForever(): Promise<void> {
    const { guard, book, wake, logger } = this.#parts
    const { signal } = this.#options
    await Promise.all([guard?.load(), book.load()])
    wake.call()
    for (;;) {
      await wake.wait(signal)
      // Changes often come many at a time: what has arrived already is applied at once.
      await setImmediate()
      if (signal.aborted) return
      await this.#reconcile().catch((error: unknown) => {
        logger.error({ error: errorMessage(error) }, 'the importer failed unexpectedly')
      })
    }
  }

  async #reconcile(): Promise<void> {
    const { sources, pinned, book, local, installer, turn, delayed, inEffect, floors } = this.#parts
    const { signal, onTaken } = this.#options
    floors?.observe(inEffect.current, sources.stores)
    void pinned.seek(book.orders.pinned, sources.stores, local?.reader)
    const situation = currentSituation(this.#parts, {
      mode: this.#mode,
      bootExpired: this.#bootExpired,
      offerOf: this.#lookAtOffers(),
    })
    const decision = decide(situation, (now, before) => this.#massChange(now.content, before.content))
    this.#decision = decision
    const { event, held, take, action, couldReturn } = decision
    turn.observe(couldReturn)
    if (event !== undefined) this.#enter(event)
    if (held !== undefined) this.#logHeld(held)
    if (take === undefined) {
      void lookBack(this.#parts, situation, signal)
      return
    }
    // What was found behind a newer local copy is there already. What was ordered may be older than what is there.
    const isKept = (take.from === 'live' || action === 'take-snapshot') && take.offer !== local?.reader.earlier
    if (!(await installer.install(take, { isKept }))) return
    delayed.release(take.offer.digest)
    if (isStepBack(decision, book.orders)) floors?.wentBack()
    this.#enter(take.from === 'live' ? 'live-taken' : 'snapshot-taken')
    this.#afterTaking(take)
    releaseLocal(local, take.offer)
    onTaken()
  }

  /** A node that has nothing in effect waits for nothing. */
  #lookAtOffers(): OfferOf {
    const { sources, inEffect, delayed } = this.#parts
    if (inEffect.current === undefined) return ({ offer }) => offer
    return delayed.look([sources.live, ...sources.stores].filter((source) => source !== undefined))
  }

  #afterTaking({ from }: Take<Candidate>): void {
    const { book, wake } = this.#parts
    const { orders } = book
    if (from === 'snapshot') {
      // The control plane may be acceptable now that this snapshot is what it is measured against.
      wake.call()
      return
    }
    // What was held is over, and so is an accept: it was good once.
    this.#lastHeld = undefined
    if (orders.accepted !== undefined) void book.replace({ ...orders, accepted: undefined })
    // An order that could not be obeyed while nothing was in effect can be obeyed now.
    if (orders.frozen !== undefined || orders.pinned !== undefined) wake.call()
  }

  #enter(event: ModeEvent): void {
    const before = this.#mode
    this.#mode = nextMode(before, event)
    if (this.#mode === before) return
    const { logger, inEffect } = this.#parts
    logger.info({ from: before, to: this.#mode, source: inEffect.current?.source }, 'mode changed')
  }

  #logHeld(held: string): void {
    if (held === this.#lastHeld) return
    this.#lastHeld = held
    this.#parts.logger.warn({ mode: this.#mode, reason: held }, 'the control plane is not followed although it answers')
  }
}

/** A person wanted something else than what would have come by itself: what was in effect may have been bad. */
function isStepBack({ action, take }: Decision<Candidate>, { accepted }: Orders): boolean {
  if (action === 'take-live') return accepted !== undefined
  return action !== 'take-snapshot' || take?.offer.held !== undefined
}

/** Something at least as new is in effect: what was read from the disk at the start is needed no more. */
function releaseLocal(local: LocalStore | undefined, running: Candidate): void {
  const offer = local?.reader.offer
  if (offer === undefined) return
  if (compareOffers(offer, running, knownEpochs([offer, running])) <= 0) local?.reader.release()
}
