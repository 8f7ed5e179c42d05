/** Wakes everybody who waits, and remembers nothing. */
export interface ChangeSignal {
  notify(): void
  /** Resolves at the next `notify`, or when aborted. */
  next(signal: AbortSignal): Promise<void>
}

export function changeSignal(): ChangeSignal {
  let waiting = new Set<() => void>()
  return {
    notify() {
      const woken = waiting
      waiting = new Set()
      for (const wake of woken) {
        wake()
      }
    },
    next: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve()
          return
        }
        // One listener per wait, taken off again: signals live as long as a connection does.
        const wake = (): void => {
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        waiting.add(wake)
        signal.addEventListener('abort', wake)
      }),
  }
}
