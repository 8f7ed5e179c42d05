export interface BackOffOptions {
  /** Failures in a row, 1 for the first. */
  readonly failures: number
  readonly maximumMs: number
  readonly random: () => number
}

const firstMs = 100

/** How long to wait before trying again: doubling, and somewhere between half and all of it so that a fleet spreads. */
export function backOffMs({ failures, maximumMs, random }: BackOffOptions): number {
  const ceiling = Math.min(maximumMs, firstMs * 2 ** Math.min(failures - 1, 20))
  return spread(ceiling * 0.75, random, 1 / 3)
}

/** `ms`, give or take up to `share` of it. */
export function spread(ms: number, random: () => number, share: number): number {
  return Math.round(ms * (1 + share * (2 * random() - 1)))
}
