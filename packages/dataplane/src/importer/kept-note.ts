import { backOffMs, errorMessage, type Clock, type Logger } from '@outlast/snapshot'
import type { NodeNote } from './node-note.ts'
import { withDeadline } from './with-deadline.ts'

export interface KeptNoteOptions {
  readonly note: NodeNote
  /** What is to be in the note at this moment. */
  readonly text: () => string
  /** How long a read or a write may take. A disk that hangs must not stop what waits for it. */
  readonly deadlineMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** Ends the attempts to write what could not be written. */
  readonly signal: AbortSignal
  /** What a failure means, for the log. */
  readonly consequence: string
}

export interface NoteFailure {
  readonly at: number
  readonly message: string
}

/** Between two attempts to write: doubles with each failure. */
const retryMs = { first: 1_000, longest: 10_000 }

/**
 * A note that is kept true: one write after the other, each with what is true when its turn comes. What could not be written
 * is written as soon as the disk lets it, without another call. Only `read` rejects.
 */
export class KeptNote {
  readonly #options: KeptNoteOptions
  #saved: Promise<boolean> = Promise.resolve(true)
  /** A write that goes on, perhaps beyond its deadline. */
  #writing: Promise<void> | undefined
  #failure: NoteFailure | undefined
  #isRetrying = false

  constructor(options: KeptNoteOptions) {
    this.#options = options
  }

  /** Why the note could not be read or written the last time. */
  get failure(): NoteFailure | undefined {
    return this.#failure
  }

  /** What could not be written is about to be tried again. */
  get isRetrying(): boolean {
    return this.#isRetrying
  }

  /** Rejects when it cannot be read, and with what `parse` throws; either is a failure until the note is written. */
  async read<T>(parse: (text: string) => T): Promise<T | undefined> {
    try {
      const text = await this.#bounded(async () => this.#options.note.read())
      const parsed = text === undefined ? undefined : parse(text)
      this.#recover()
      return parsed
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  /** Resolves with whether what is true now has been written. */
  async save(): Promise<boolean> {
    this.#saved = this.#saved.then(async () => this.#write())
    return this.#saved
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    await this.#saved
  }

  async #write(): Promise<boolean> {
    try {
      await this.#bounded(async (signal) => this.#put(signal))
      this.#recover()
      return true
    } catch (error) {
      this.#fail(error)
      // Only the signal ends it early, and then nobody waits any more.
      if (!this.#isRetrying) this.#retry().catch(() => {})
      return false
    }
  }

  async #retry(): Promise<void> {
    const { clock, signal } = this.#options
    this.#isRetrying = true
    try {
      for (let failures = 1; ; failures++) {
        // Nobody else writes to this disk: there is no need to spread.
        const pause = { failures, firstMs: retryMs.first, limitMs: retryMs.longest, random: () => 1 }
        await clock.sleep(backOffMs(pause), { signal })
        if (await this.save()) return
      }
    } finally {
      this.#isRetrying = false
    }
  }

  /** After the one before has ended, however long that takes: two at a time would write into each other. */
  async #put(signal: AbortSignal): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    // Given up meanwhile.
    signal.throwIfAborted()
    const { note, text } = this.#options
    const written = note.write(text())
    this.#writing = written
      .catch(() => {})
      .then(() => {
        this.#writing = undefined
      })
    await written
  }

  async #bounded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.#options
    // Not the signal of the data plane: what is true at the end is to be written too.
    return withDeadline(work, { clock, deadlineMs, signal: new AbortController().signal })
  }

  #fail(error: unknown): void {
    const { logger, clock, consequence } = this.#options
    const message = errorMessage(error)
    if (message !== this.#failure?.message) logger.warn({ error: message }, consequence)
    this.#failure = { at: clock.now(), message }
  }

  #recover(): void {
    const { logger, consequence } = this.#options
    if (this.#failure !== undefined) logger.info({}, `no longer: ${consequence}`)
    this.#failure = undefined
  }
}
