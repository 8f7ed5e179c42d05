import {
  memorySource,
  SourceError,
  type Clock,
  type ConfigSource,
  type MemorySource,
  type SourceState,
  type SourceUpdate,
} from '@outlast/snapshot'
import type { Outage } from './cells.ts'

/** How long a slow control plane takes for a complete answer. */
export const slowMs = 5_000

/** A control plane that something can happen to while it is followed. Whatever happens, connections break. */
export class OutageControlPlane implements ConfigSource {
  readonly name = 'control plane'
  readonly #clock: Clock
  #condition: Outage['controlPlane'] = 'up'
  #source: MemorySource

  constructor(clock: Clock, state?: SourceState) {
    this.#clock = clock
    this.#source = memorySource(state)
  }

  become(condition: Outage['controlPlane'], state?: SourceState): void {
    const before = this.#source
    this.#condition = condition
    this.#source = memorySource(state)
    before.fail(new SourceError('unavailable', 'the connection broke'))
  }

  async load({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<SourceState> {
    if (this.#condition === 'down') throw new SourceError('unavailable', 'connect ECONNREFUSED')
    // Not even the signal ends it.
    if (this.#condition === 'black hole') return new Promise(() => {})
    if (this.#condition === 'slow') await this.#clock.sleep(slowMs, { signal })
    return this.#source.load({ signal })
  }

  watch(options: Parameters<NonNullable<ConfigSource['watch']>>[0]): AsyncIterable<SourceUpdate> {
    if (this.#source.watch === undefined) throw new Error('a source in memory can be watched')
    return this.#source.watch(options)
  }
}
