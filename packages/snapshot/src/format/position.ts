/**
 * Where a configuration stands in its history, comparable across stores and live sources.
 * `epoch` rises only when the source's lineage changes; `revision` is the source's own counter. SPEC section 12.
 */
export interface Position {
  readonly epoch: number
  readonly revision: number
}

/** Negative, zero or positive, like every comparator: epoch first, then revision. */
export function comparePositions(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.revision - b.revision
}
