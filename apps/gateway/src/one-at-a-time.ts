/** Runs actions in the order in which they came, each after the one before has ended, well or not. */
export function oneAtATime(): <T>(action: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (action) => {
    const result = last.then(action)
    last = result.catch(() => undefined)
    return result
  }
}
