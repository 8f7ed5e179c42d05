import type { Upstream } from '@outlast/snapshot/apisix'
import type { ConnectionPools } from './connection-pools.ts'
import { checkUpstream, upstreamTarget, type UpstreamTarget } from './upstream-target.ts'

/**
 * An upstream of which nothing is set up until the first request needs it: of very many upstreams few are in use at a
 * time. It keeps connections while it is placed in any configuration tables.
 */
export class UpstreamHandle {
  readonly #upstream: Upstream
  #placements = 0
  #pools: ConnectionPools | undefined
  #target: UpstreamTarget | undefined

  /** Throws a `TypeError` that says what this proxy cannot do with the upstream. */
  constructor(upstream: Upstream) {
    checkUpstream(upstream)
    this.#upstream = upstream
  }

  /** What requests go to; made when it is asked for the first time. */
  get target(): UpstreamTarget {
    if (this.#target === undefined) {
      this.#target = upstreamTarget(this.#upstream)
      if (this.#placements > 0) this.#retain()
    }
    return this.#target
  }

  /** Whether requests have gone there. */
  get isInUse(): boolean {
    return this.#target !== undefined
  }

  place(pools: ConnectionPools): void {
    this.#pools = pools
    this.#placements += 1
    if (this.#placements === 1 && this.#target !== undefined) this.#retain()
  }

  displace(): void {
    this.#placements -= 1
    if (this.#placements > 0 || this.#target === undefined) return
    for (const { pool } of this.#target.nodes) this.#pools?.release(pool)
  }

  #retain(): void {
    for (const { pool } of this.#target?.nodes ?? []) this.#pools?.retain(pool)
  }
}
