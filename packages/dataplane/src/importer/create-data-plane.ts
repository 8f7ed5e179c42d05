import { setImmediate } from 'node:timers/promises'
import { errorMessage, silentLogger, systemClock, type Clock, type Logger } from '@outlast/snapshot'
import { compareOffers, knownEpochs, type Candidate } from './candidate.ts'
import type { DataPlane, DataPlaneOptions, DataPlaneSources } from './data-plane.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'
import type { DataPlaneControl } from './data-plane-control.ts'
import { decide, type Decision, type Take } from './decide.ts'
import { FollowedSources } from './followed-sources.ts'
import { InEffect } from './in-effect.ts'
import type { LiveFollower } from './live-follower.ts'
import { LocalStore, type LocalCopy } from './local-store.ts'
import { rememberedMassChange } from './mass-change.ts'
import { nextMode, type DataPlaneMode, type ModeEvent } from './mode.ts'
import { operatorControl } from './operator-control.ts'
import { OrderBook } from './order-book.ts'
import { PinnedSnapshot } from './pinned-snapshot.ts'
import { PoisonGuard } from './poison-guard.ts'
import { Probation } from './probation.ts'
import type { Situation } from './situation.ts'
import { Wake } from './wake.ts'
import { withoutKeys } from './without-keys.ts'

/** A configuration that kills the process later than this after it took effect is not recognized. */
const probationMs = 1_000

/** Makes a data plane: it picks the right source at every moment and feeds the sink. It does nothing before `start`. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  return new Importer(options)
}

/** What took effect. */
interface Taken {
  readonly digest: string
  /** What is to be kept of it; `undefined` when this node has it already, or is not to start from it by itself. */
  readonly copy: LocalCopy | undefined
}

/**
 * One loop: whenever something has changed, look at the whole situation, decide, apply. Followers only keep
 * what their sources say, so a late or repeated call finds the same situation and changes nothing.
 */
class Importer implements DataPlane {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #bootTimeoutMs: number
  readonly #sources: FollowedSources
  readonly #local: LocalStore | undefined
  readonly #inEffect: InEffect
  readonly #guard: PoisonGuard | undefined
  readonly #probation: Probation<Taken>
  readonly #book: OrderBook
  readonly #pinned: PinnedSnapshot
  readonly #massChange = rememberedMassChange()
  readonly control: DataPlaneControl
  readonly #wake = new Wake()
  readonly #ready = Promise.withResolvers<void>()
  readonly #end = new AbortController()
  #stopped: Promise<void> | undefined
  #loops: Promise<unknown> | undefined
  #mode: DataPlaneMode = 'starting'
  #bootExpired = false
  /** Which complete load of which live source the configuration in effect descends from. */
  #followed: { readonly live: LiveFollower; readonly generation: number } | undefined
  #decision: Decision<Candidate> | undefined
  /** Logged once, however often the control plane comes and goes before it is followed again. */
  #lastHeld: string | undefined

  constructor(options: DataPlaneOptions) {
    const { clock = systemClock, logger = silentLogger, random = Math.random, local, stores } = options
    this.#clock = clock
    this.#logger = logger
    this.#bootTimeoutMs = options.bootTimeoutMs ?? 2_000
    const { sink, pollIntervalMs = 10_000 } = options
    const onChange = (): void => this.#wake.call()
    this.#inEffect = new InEffect({
      sink,
      clock,
      logger,
      retryMs: pollIntervalMs,
      signal: this.#end.signal,
      onRetry: onChange,
    })
    const group = options.group ?? stores[0]?.group ?? 'default'
    const { fields: protectionOf = withoutKeys(group), localSealingKeys: sealingKeys = [] } = options
    this.#sources = new FollowedSources({ protectionOf, clock, logger, random, pollIntervalMs, onChange }, options)
    this.#local =
      local &&
      new LocalStore({
        storage: local,
        group,
        protectionOf,
        sealingKeys,
        clock,
        logger,
        retryMs: pollIntervalMs,
        onRead: onChange,
      })
    const { signal } = this.#end
    const { note, build = '' } = options.poison ?? {}
    this.#guard = note && new PoisonGuard({ note, build, clock, logger, random, signal, onRetry: onChange })
    this.#probation = new Probation({ clock, signal, ms: probationMs, onPassed: (taken) => this.#serves(taken) })
    this.#book = new OrderBook({ note: options.orders, clock, logger })
    this.#pinned = new PinnedSnapshot({ clock, signal, retryMs: pollIntervalMs, onLook: onChange })
    this.control = operatorControl({
      book: this.#book,
      pinned: this.#pinned,
      clock,
      logger,
      signal,
      stores: () => this.#sources.stores,
      running: () => this.#inEffect.current?.digest,
      acceptable: () => this.#decision?.acceptable,
      fetch: () => this.#sources.hurry(),
      onChange,
    })
    // Who waits for it gets the rejection; when nobody does it must not end the process.
    this.#ready.promise.catch(() => {})
  }

  async start({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#loops !== undefined || this.#stopped !== undefined)
      throw new Error('a data plane can be started only once')
    signal?.throwIfAborted()
    const onAbort = (): void => {
      this.#ready.reject(signal?.reason)
      void this.stop()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#end.signal.addEventListener('abort', () => signal?.removeEventListener('abort', onAbort), { once: true })
    this.#sources.start()
    this.#loops = Promise.all([this.#local?.run(this.#end.signal), this.#run(), this.#expireBoot()])
    await this.#ready.promise
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    await this.#stopped
  }

  reconfigure(sources: DataPlaneSources): void {
    this.#sources.replace(sources)
    this.#wake.call()
  }

  status(): DataPlaneStatus {
    const { current, position, appliedAt, applyError, quarantined } = this.#inEffect
    const { live, stores } = this.#sources
    const { held, acceptable } = this.#decision ?? {}
    return {
      mode: this.#mode,
      ready: current !== undefined,
      source: current?.source,
      position,
      digest: current?.digest,
      appliedAt,
      matchedAt: current && this.#matchedAt(current),
      held,
      acceptable: acceptable && {
        identity: acceptable.identity,
        revision: acceptable.position.revision,
        digest: acceptable.digest,
      },
      orders: this.#book.orders,
      pinError: this.#pinned.error,
      ordersError: this.#book.failure,
      applyError,
      poisoned: this.#guard?.report ?? [],
      poisonNoteError: this.#guard?.failure,
      quarantined,
      sources: {
        live: live?.record.report,
        stores: stores.map((store) => store.record.report),
        local: this.#local?.reader.record.report,
      },
    }
  }

  /** Any source that holds the same content now tells how fresh it is. */
  #matchedAt({ digest, matchedAt }: Candidate): number | undefined {
    const offers = [this.#sources.live?.offer, ...this.#sources.stores.map((store) => store.offer)]
    const times = offers.map((offer) => (offer?.digest === digest ? offer.matchedAt : undefined))
    const known = [matchedAt, ...times].filter((time) => time !== undefined)
    return known.length === 0 ? undefined : Math.max(...known)
  }

  async #stop(): Promise<void> {
    this.#ready.reject(
      new DOMException('The data plane was stopped before a configuration was in effect', 'AbortError'),
    )
    // What serves until now is not to blame for what comes next, and is worth a copy.
    this.#probation.finish()
    this.#end.abort()
    await this.#sources.stop()
    await this.#loops
    await this.#guard?.idle()
    await this.#book.idle()
  }

  async #expireBoot(): Promise<void> {
    await this.#clock.sleep(this.#bootTimeoutMs, { signal: this.#end.signal }).catch(() => {})
    this.#bootExpired = true
    this.#wake.call()
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    await Promise.all([this.#guard?.load(), this.#book.load()])
    this.#wake.call()
    for (;;) {
      await this.#wake.wait(signal)
      // Changes often come many at a time: what has arrived already is applied at once.
      await setImmediate()
      if (signal.aborted) return
      await this.#reconcile().catch((error: unknown) => {
        this.#logger.error({ error: errorMessage(error) }, 'the importer failed unexpectedly')
      })
    }
  }

  async #reconcile(): Promise<void> {
    const { live } = this.#sources
    const generation = live?.generation ?? 0
    const situation = this.#situation()
    const decision = decide(situation, (now, before) => this.#massChange(now.content, before.content))
    this.#decision = decision
    const { event, held, take, action } = decision
    if (event !== undefined) this.#enter(event)
    if (held !== undefined && held !== this.#lastHeld) {
      this.#lastHeld = held
      this.#logger.warn({ mode: this.#mode, reason: held }, 'the control plane is not followed although it answers')
    }
    if (take === undefined) {
      void this.#lookBack(situation)
      return
    }
    if (!(await this.#take(take))) return
    this.#followed = take.from === 'live' && live !== undefined ? { live, generation } : undefined
    this.#enter(take.from === 'live' ? 'live-taken' : 'snapshot-taken')
    if (take.from === 'live') this.#followsAgain()
    // The control plane may be acceptable now that this snapshot is what it is measured against.
    else this.#wake.call()
    const { identity, content } = take.offer
    // What was found behind a newer local copy is there already. What was ordered may be older than what is there.
    const isKept = (take.from === 'live' || action === 'take-snapshot') && take.offer !== this.#local?.reader.earlier
    const taken = {
      digest: content.digest,
      copy: isKept ? { identity, content, position: take.position } : undefined,
    }
    if (this.#guard === undefined) this.#serves(taken)
    else this.#probation.add(taken)
    this.#releaseLocal()
    this.#ready.resolve()
  }

  /** Should the process die meanwhile, the next one knows of what. */
  async #take(take: Take<Candidate>): Promise<boolean> {
    const { digest } = take.offer
    if (digest !== this.#inEffect.current?.digest) await this.#guard?.begin(digest)
    const isTaken = await this.#inEffect.take(take)
    if (!isTaken) this.#guard?.end(digest)
    return isTaken
  }

  #serves({ digest, copy }: Taken): void {
    this.#guard?.end(digest)
    if (copy !== undefined) this.#local?.save(copy)
  }

  /** What was held is over, and so is an accept: it was good once. */
  #followsAgain(): void {
    this.#lastHeld = undefined
    const { orders } = this.#book
    if (orders.accepted !== undefined) void this.#book.replace({ ...orders, accepted: undefined })
    // An order that could not be obeyed while nothing was in effect can be obeyed now.
    if (orders.frozen !== undefined || orders.pinned !== undefined) this.#wake.call()
  }

  /** Nothing can be taken: perhaps because the newest snapshots must not take effect, and earlier ones may. */
  async #lookBack({ running, rejected, bootExpired }: Situation<Candidate>): Promise<void> {
    if (running !== undefined) return
    const followers = [...this.#sources.stores, this.#local?.reader].filter((follower) => follower !== undefined)
    await Promise.all(followers.map(async (follower) => follower.lookBack(rejected, this.#end.signal)))
    const isGood = (offer: Candidate | undefined): boolean => offer !== undefined && !rejected.has(offer.digest)
    const found = followers.some(({ offer, earlier }) => isGood(offer) || isGood(earlier))
    if (bootExpired && !found && this.#inEffect.current === undefined) this.#guard?.relent()
  }

  #situation(): Situation<Candidate> {
    const { stores } = this.#sources
    const { orders } = this.#book
    const live = orders.standalone === undefined ? this.#sources.live : undefined
    void this.#pinned.seek(orders.pinned, stores, this.#local?.reader)
    const continued =
      this.#mode === 'live' &&
      live !== undefined &&
      this.#followed?.live === live &&
      this.#followed.generation === live.generation
    return {
      running: this.#inEffect.current,
      live: live && { asked: live.record.asked, offer: live.offer, continued },
      stores,
      local: this.#local?.reader,
      bootExpired: this.#bootExpired,
      orders,
      pinned: orders.pinned && this.#pinned,
      rejected: new Set([...this.#inEffect.rejected, ...(this.#guard?.refused ?? [])]),
    }
  }

  #releaseLocal(): void {
    const offer = this.#local?.reader.offer
    const running = this.#inEffect.current
    if (offer === undefined || running === undefined) return
    if (compareOffers(offer, running, knownEpochs([offer, running])) <= 0) this.#local?.reader.release()
  }

  #enter(event: ModeEvent): void {
    const before = this.#mode
    this.#mode = nextMode(before, event)
    if (this.#mode !== before) {
      this.#logger.info({ from: before, to: this.#mode, source: this.#inEffect.current?.source }, 'mode changed')
    }
  }
}
