/** Wakes one waiting loop. Any number of calls before it waits count as one. */
export class Wake {
  #called = false
  #resume: (() => void) | undefined

  call(): void {
    this.#called = true
    this.#resume?.()
  }

  /** Resolves after the next `call`, or at once when there was one since the last time; also when the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#called && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const onAbort = (): void => resolve()
      this.#resume = resolve
      signal.addEventListener('abort', onAbort)
      await promise
      signal.removeEventListener('abort', onAbort)
      this.#resume = undefined
    }
    this.#called = false
  }
}
