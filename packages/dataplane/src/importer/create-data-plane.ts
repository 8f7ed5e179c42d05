import { setImmediate } from 'node:timers/promises'
import { errorMessage, silentLogger, systemClock, type Clock, type Logger } from '@outlast/snapshot'
import { compareOffers, knownEpochs, type Candidate } from './candidate.ts'
import type { DataPlane, DataPlaneOptions, DataPlaneSources } from './data-plane.ts'
import type { DataPlaneStatus } from './data-plane-status.ts'
import { decide, type Situation } from './decide.ts'
import { FollowedSources } from './followed-sources.ts'
import { InEffect } from './in-effect.ts'
import type { LiveFollower } from './live-follower.ts'
import { LocalStore } from './local-store.ts'
import { nextMode, type DataPlaneMode, type ModeEvent } from './mode.ts'
import { Wake } from './wake.ts'
import { withoutKeys } from './without-keys.ts'

/** Makes a data plane: it picks the right source at every moment and feeds the sink. It does nothing before `start`. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  return new Importer(options)
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
  readonly #wake = new Wake()
  readonly #ready = Promise.withResolvers<void>()
  readonly #end = new AbortController()
  #stopped: Promise<void> | undefined
  #loops: Promise<unknown> | undefined
  #mode: DataPlaneMode = 'starting'
  #bootExpired = false
  /** Which complete load of which live source the configuration in effect descends from. */
  #followed: { readonly live: LiveFollower; readonly generation: number } | undefined
  #held: string | undefined
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
    return {
      mode: this.#mode,
      ready: current !== undefined,
      source: current?.source,
      position,
      digest: current?.digest,
      appliedAt,
      matchedAt: current && this.#matchedAt(current),
      held: this.#held,
      applyError,
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
    this.#end.abort()
    await this.#sources.stop()
    await this.#loops
  }

  async #expireBoot(): Promise<void> {
    await this.#clock.sleep(this.#bootTimeoutMs, { signal: this.#end.signal }).catch(() => {})
    this.#bootExpired = true
    this.#wake.call()
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
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
    const { event, held, take } = decide(this.#situation())
    if (event !== undefined) this.#enter(event)
    this.#held = held
    if (held !== undefined && held !== this.#lastHeld) {
      this.#lastHeld = held
      this.#logger.warn({ mode: this.#mode, reason: held }, 'the control plane is not followed although it answers')
    }
    if (take === undefined) return
    if (!(await this.#inEffect.take(take))) return
    this.#followed = take.from === 'live' && live !== undefined ? { live, generation } : undefined
    this.#enter(take.from === 'live' ? 'live-taken' : 'snapshot-taken')
    if (take.from === 'live') this.#lastHeld = undefined
    // The control plane may be acceptable now that this snapshot is what it is measured against.
    else this.#wake.call()
    const { identity, content } = take.offer
    this.#local?.save({ identity, content, position: take.position })
    this.#releaseLocal()
    this.#ready.resolve()
  }

  #situation(): Situation<Candidate> {
    const { live, stores } = this.#sources
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
      rejected: this.#inEffect.rejected,
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
