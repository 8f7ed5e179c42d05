/** How soon a data plane goes along with what is new. All of it can be changed while it runs. */
export interface DataPlanePace {
  /**
   * A node that runs a snapshot goes back to its control plane after a random part of this, if that can be followed all the
   * while; 0 at once. Default 5,000 ms, at most a day.
   */
  readonly returnJitterMs?: number | undefined
  /**
   * A running node takes a configuration only when it has known of it for this long. Default 0, at most a day. A node that
   * has nothing in effect waits for nothing, and what an operator orders is done at once.
   */
  readonly applyDelayMs?: number | undefined
  /**
   * How long a snapshot, or what came after it, is to be in effect until the floor rises to it. Default 600,000 ms, at most
   * a day.
   */
  readonly stableAfterMs?: number | undefined
}

export type PaceInForce = { readonly [setting in keyof DataPlanePace]-?: number }

/** The pace of a node that was told nothing else. */
export const defaultPace: PaceInForce = { returnJitterMs: 5_000, applyDelayMs: 0, stableAfterMs: 600_000 }

const dayMs = 86_400_000

/** The pace in force. */
export class Pace {
  #settings = defaultPace

  /** Throws `RangeError` when one of these is out of range; then none is adopted. */
  constructor(settings: DataPlanePace) {
    this.adopt(settings)
  }

  get inForce(): PaceInForce {
    return this.#settings
  }

  /** What is not given stays as it is. Throws `RangeError`, and then nothing has changed. */
  adopt({
    returnJitterMs = this.#settings.returnJitterMs,
    applyDelayMs = this.#settings.applyDelayMs,
    stableAfterMs = this.#settings.stableAfterMs,
  }: DataPlanePace): void {
    const settings = { returnJitterMs, applyDelayMs, stableAfterMs }
    for (const [name, ms] of Object.entries(settings)) {
      if (!(ms >= 0 && ms <= dayMs)) throw new RangeError(`${name} must be between 0 and ${dayMs}`)
    }
    this.#settings = settings
  }
}
