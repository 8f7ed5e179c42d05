/** What is going on, on one line of a terminal that each next one overwrites. */
export interface Progress {
  say(text: string): void
  /** Shows what was said last, if nobody has seen it yet: what stands still says nothing new. */
  refresh(): void
  /** Takes the line away, before something else is written. */
  clear(): void
}

/** Work that ends sooner shows nothing. */
const silentMs = 1_000
const refreshMs = 100
const startOfLine = '\r\u001B[K'

/** On `stream` when that is a terminal, and nowhere else. Time is in milliseconds, of any beginning. */
export function createProgress(options: {
  readonly stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>
  readonly now: () => number
}): Progress {
  const { stream, now } = options
  const startedAt = now()
  let shownAt = Number.NEGATIVE_INFINITY
  let isShown = false
  let unseen: string | undefined

  function refresh(): void {
    const at = now()
    if (unseen === undefined || !stream.isTTY || at - startedAt < silentMs || at - shownAt < refreshMs) return
    // A line that wraps could not be overwritten.
    stream.write(startOfLine + unseen.slice(0, Math.max(0, (stream.columns || 80) - 1)))
    shownAt = at
    isShown = true
    unseen = undefined
  }

  return {
    say(text) {
      unseen = text
      refresh()
    },
    refresh,
    clear() {
      if (isShown) stream.write(startOfLine)
      isShown = false
      unseen = undefined
    },
  }
}
