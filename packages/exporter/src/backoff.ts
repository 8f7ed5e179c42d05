/**
 * How long to wait before try number `failures + 1`: doubles up to the limit, with full jitter on its upper half, so that many
 * exporters do not come back at the same moment.
 */
export function backoffMs(options: {
  readonly failures: number
  readonly firstMs: number
  readonly limitMs: number
  /** Between 0 and 1. */
  readonly random: number
}): number {
  const { failures, firstMs, limitMs, random } = options
  const ceilingMs = Math.min(limitMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return ceilingMs * (0.5 + random / 2)
}
