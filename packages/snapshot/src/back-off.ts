export interface BackOffOptions {
  /** Failures in a row, 1 for the first. */
  readonly failures: number
  /** The wait after the first failure; doubles with each further one. */
  readonly firstMs: number
  readonly limitMs: number
  /** Between 0 and 1. */
  readonly random: () => number
}

/** How long to wait before trying again: somewhere between half and all of the doubled time, so that a fleet spreads. */
export function backOffMs({ failures, firstMs, limitMs, random }: BackOffOptions): number {
  const ceilingMs = Math.min(limitMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return Math.round(ceilingMs * (0.5 + random() / 2))
}
