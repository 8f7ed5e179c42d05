/** Fewer entries than this are never a mass. */
const leastEntries = 20

/**
 * Whether losing `lost` of `of` entries looks like an accident: more than half, and at least 20. One rule for exporters,
 * which then do not replace a backup, and for data planes, which then do not follow.
 */
export function isMassChange(lost: number, of: number): boolean {
  return lost >= leastEntries && lost * 2 > of
}
