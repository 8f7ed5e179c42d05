import { backOffMs, errorMessage, type Clock, type Logger } from '@outlast/snapshot'
import { Wake } from '../importer/wake.ts'

/** Something that is to have the newest state. */
export interface Target<State> {
  /** For log and status: a path, an address. */
  readonly name: string
  /**
   * Brings it to this state, and is cheap when it is there already. Resolves with whether anything had to change; rejects
   * when it could not, with a message that holds nothing of the state.
   */
  deliver(state: State, signal: AbortSignal): Promise<'changed' | 'unchanged'>
}

export interface DeliveryOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
  /** Between the beginnings of two attempts that change something, or fail. */
  readonly minimumIntervalMs: number
  /** How often a target that has the newest state is looked at. */
  readonly checkIntervalMs: number
}

const retry = { firstMs: 500, limitMs: 10_000 }
/** How long `close` waits for what is on its way. */
const graceMs = 2_000

/** Keeps one target at the newest of the states that it is offered, through any outage of the target. */
export class Delivery<State> {
  readonly target: Target<State>
  readonly #options: DeliveryOptions
  readonly #wake = new Wake()
  readonly #end = new AbortController()
  readonly #hurry = new AbortController()
  readonly #loop: Promise<void>
  readonly #offered = new Set<PromiseWithResolvers<boolean>>()
  #newest: State | undefined
  #delivered: State | undefined
  #failures = 0
  #spacedFrom: number | undefined
  #lastAttemptAt: number | undefined
  #lastSuccessAt: number | undefined
  #lastError: { readonly at: number; readonly message: string } | undefined

  constructor(target: Target<State>, options: DeliveryOptions) {
    this.target = target
    this.#options = options
    this.#loop = this.#run()
  }

  /** The state that the target was last seen to have. */
  get delivered(): State | undefined {
    return this.#delivered
  }

  get report(): {
    readonly current: boolean
    readonly lastAttemptAt: number | undefined
    readonly lastSuccessAt: number | undefined
    readonly lastError: { readonly at: number; readonly message: string } | undefined
  } {
    return {
      current: this.#failures === 0 && this.#delivered !== undefined && this.#delivered === this.#newest,
      lastAttemptAt: this.#lastAttemptAt,
      lastSuccessAt: this.#lastSuccessAt,
      lastError: this.#lastError,
    }
  }

  /** The target is to have this state from now on. Resolves after the first attempt, with whether it has it (or a newer one). */
  async offer(state: State): Promise<boolean> {
    if (this.#end.signal.aborted) return false
    const attempted = Promise.withResolvers<boolean>()
    this.#newest = state
    this.#offered.add(attempted)
    this.#wake.call()
    return await attempted.promise
  }

  /** Waits a moment for what is on its way, and ends. */
  async close(): Promise<void> {
    this.#hurry.abort()
    const given = new AbortController()
    const grace = this.#options.clock.sleep(graceMs, { signal: given.signal }).catch(() => {})
    await Promise.race([Promise.all(Array.from(this.#offered, ({ promise }) => promise)), grace])
    given.abort()
    this.#end.abort()
    this.#settle([...this.#offered], false)
    await this.#loop
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    for (;;) {
      await this.#untilDue()
      await this.#untilSpaced()
      if (signal.aborted) return
      if (this.#newest !== undefined) await this.#attempt(this.#newest)
    }
  }

  /** Until there is a new state, or it is time to look again. */
  async #untilDue(): Promise<void> {
    const { clock, random, checkIntervalMs } = this.#options
    const given = new AbortController()
    if (this.#newest !== undefined) {
      const ms = this.#failures === 0 ? checkIntervalMs : backOffMs({ failures: this.#failures, ...retry, random })
      clock.sleep(ms, { signal: given.signal }).then(
        () => this.#wake.call(),
        () => {},
      )
    }
    await this.#wake.wait(this.#end.signal)
    given.abort()
  }

  async #untilSpaced(): Promise<void> {
    const { clock, minimumIntervalMs } = this.#options
    if (this.#spacedFrom === undefined) return
    const passed = clock.now() - this.#spacedFrom
    // A clock that was set back must not stretch it.
    if (passed < 0 || passed >= minimumIntervalMs) return
    const signal = AbortSignal.any([this.#hurry.signal, this.#end.signal])
    await clock.sleep(minimumIntervalMs - passed, { signal }).catch(() => {})
  }

  async #attempt(state: State): Promise<void> {
    const { clock, logger } = this.#options
    const { name } = this.target
    const concerned = [...this.#offered]
    const startedAt = (this.#lastAttemptAt = clock.now())
    try {
      const outcome = await this.target.deliver(state, this.#end.signal)
      if (outcome === 'changed') {
        this.#spacedFrom = startedAt
        if (this.#delivered === state)
          logger.warn({ target: name }, 'no longer had its configuration; brought back to it')
        else logger.info({ target: name }, 'configuration delivered')
      } else if (this.#failures > 0) logger.info({ target: name }, 'has its configuration after all')
      this.#failures = 0
      this.#delivered = state
      this.#lastSuccessAt = clock.now()
      this.#lastError = undefined
      this.#settle(concerned, true)
    } catch (error) {
      this.#spacedFrom = startedAt
      this.#failures += 1
      if (!this.#end.signal.aborted) this.#note(errorMessage(error))
      this.#settle(concerned, false)
    }
  }

  #settle(attempted: readonly PromiseWithResolvers<boolean>[], isDelivered: boolean): void {
    for (const one of attempted) {
      this.#offered.delete(one)
      one.resolve(isDelivered)
    }
  }

  #note(message: string): void {
    const { clock, logger } = this.#options
    if (message !== this.#lastError?.message)
      logger.error({ target: this.target.name, error: message }, 'configuration could not be delivered; trying again')
    this.#lastError = { at: clock.now(), message }
  }
}
