import { errorMessage, type Clock, type Logger } from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import type { SourceReport } from './data-plane-status.ts'

/** What the log says. */
export interface SourceMessages {
  readonly failed: string
  readonly recovered: string
}

/** What one source last said, for status; and in the log, but there only when it changes. */
export class SourceRecord {
  readonly name: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #messages: SourceMessages
  #report: SourceReport
  /** Kind of the last error, while there is one. */
  #failing: string | undefined
  #nextEnd: PromiseWithResolvers<void> | undefined

  constructor(options: {
    readonly name: string
    readonly clock: Clock
    readonly logger: Logger
    readonly messages?: SourceMessages
  }) {
    this.name = options.name
    this.#messages = options.messages ?? { failed: 'source failed', recovered: 'source answers again' }
    this.#clock = options.clock
    this.#logger = options.logger
    this.#report = { name: options.name }
  }

  get report(): SourceReport {
    return this.#report
  }

  /** Why the last attempt failed; `undefined` when it did not. */
  get failing(): SourceReport['lastError'] {
    return this.#failing === undefined ? undefined : this.#report.lastError
  }

  /** At least one attempt has ended. */
  get asked(): boolean {
    return this.#report.lastSuccessAt !== undefined || this.#report.lastError !== undefined
  }

  /** Resolves when the attempt that is being made ends, or the next one. */
  async heard(): Promise<void> {
    this.#nextEnd ??= Promise.withResolvers<void>()
    await this.#nextEnd.promise
  }

  attempt(): void {
    this.#report = { ...this.#report, lastAttemptAt: this.#clock.now() }
  }

  success(): void {
    this.#report = { ...this.#report, lastSuccessAt: this.#clock.now() }
    if (this.#failing !== undefined) this.#logger.info({ source: this.name }, this.#messages.recovered)
    this.#failing = undefined
    this.#end()
  }

  failure(error: unknown): void {
    const message = errorMessage(error)
    const kind = kindOf(error)
    this.#report = { ...this.#report, lastError: { at: this.#clock.now(), message } }
    if (kind !== this.#failing) this.#logger.warn({ source: this.name, error: message }, this.#messages.failed)
    this.#failing = kind
    this.#end()
  }

  #end(): void {
    this.#nextEnd?.resolve()
    this.#nextEnd = undefined
  }
}

/** A message of a store names the object, which is another one each time. */
function kindOf(error: unknown): string {
  return StorageError.isInstance(error) ? error.code : errorMessage(error)
}
