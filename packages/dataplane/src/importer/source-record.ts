import { errorMessage, type Clock, type Logger } from '@outlast/snapshot'
import type { SourceReport } from './data-plane-status.ts'

/** What one source last said, for status; and in the log, but there only when it changes. */
export class SourceRecord {
  readonly name: string
  readonly #clock: Clock
  readonly #logger: Logger
  #report: SourceReport
  #failing: string | undefined

  constructor(options: { readonly name: string; readonly clock: Clock; readonly logger: Logger }) {
    this.name = options.name
    this.#clock = options.clock
    this.#logger = options.logger
    this.#report = { name: options.name }
  }

  get report(): SourceReport {
    return this.#report
  }

  /** At least one attempt has ended. */
  get asked(): boolean {
    return this.#report.lastSuccessAt !== undefined || this.#report.lastError !== undefined
  }

  attempt(): void {
    this.#report = { ...this.#report, lastAttemptAt: this.#clock.now() }
  }

  success(): void {
    this.#report = { ...this.#report, lastSuccessAt: this.#clock.now() }
    if (this.#failing !== undefined) this.#logger.info({ source: this.name }, 'source answers again')
    this.#failing = undefined
  }

  failure(error: unknown): void {
    const message = errorMessage(error)
    this.#report = { ...this.#report, lastError: { at: this.#clock.now(), message } }
    if (message !== this.#failing) this.#logger.warn({ source: this.name, error: message }, 'source failed')
    this.#failing = message
  }
}
