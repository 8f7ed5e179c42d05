/** `ms`, give or take up to `share` of it: a fleet must not ask at the same moment. */
export function spread(ms: number, random: () => number, share: number): number {
  return Math.round(ms * (1 + share * (2 * random() - 1)))
}
