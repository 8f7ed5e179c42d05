import { comparePositions, type Clock, type Position } from '@outlast/snapshot'
import type { ConfigChange } from '../../../src/importer/index.ts'
import { RecordingSink } from '../world.ts'
import { nameOfConfiguration } from './configurations.ts'

export interface Applied {
  /** Name of the configuration, or `empty`. */
  readonly name: string
  readonly position: Position
  readonly at: number
}

export interface WatchfulSinkOptions {
  readonly clock: Clock
  /**
   * The newest configuration of the store, while its resources cannot be read: earlier resources may come with its instance
   * half, which is good for all resources before it.
   */
  readonly newestInstance: () => string | undefined
}

/**
 * A sink that looks at what is in effect after every single change: it must be one whole configuration, never go back to an
 * older position, and never become empty.
 */
export class WatchfulSink extends RecordingSink {
  readonly applied: Applied[] = []
  /** What must never be. Not thrown, because the data plane would take that for a refusal. */
  readonly violations: string[] = []
  readonly #options: WatchfulSinkOptions

  constructor(options: WatchfulSinkOptions) {
    super()
    this.#options = options
  }

  override async apply(change: ConfigChange): Promise<void> {
    await super.apply(change)
    const { position } = change.version
    const { clock, newestInstance } = this.#options
    const before = this.applied.at(-1)
    const name = nameOfConfiguration(this.inEffect.values(), newestInstance())
    if (name === undefined) this.violations.push(`a mixture after ${before?.name}: ${this.content.join()}`)
    if (name === 'empty' && before !== undefined) this.violations.push(`empty after ${before.name}`)
    if (before !== undefined && comparePositions(position, before.position) < 0) {
      this.violations.push(`${name} after ${before.name}: ${JSON.stringify([position, before.position])}`)
    }
    this.applied.push({ name: name ?? 'a mixture', position, at: clock.now() })
  }

  /** Name of what is in effect; `undefined` before there is anything. */
  get serves(): string | undefined {
    return this.applied.at(-1)?.name
  }
}
