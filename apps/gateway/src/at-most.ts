/** Runs actions as they come, at most `limit` at the same time; the others wait in the order in which they came. */
export function atMost(limit: number): <T>(action: () => Promise<T>) => Promise<T> {
  let free = limit
  const waiting: (() => void)[] = []
  return async (action) => {
    if (free > 0) {
      free -= 1
    } else {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      await promise
    }
    try {
      return await action()
    } finally {
      const next = waiting.shift()
      // Whoever waits gets this place; nobody can come in between.
      if (next === undefined) {
        free += 1
      } else {
        next()
      }
    }
  }
}
