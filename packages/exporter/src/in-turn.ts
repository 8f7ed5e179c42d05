/** Runs one work after the other, in the order in which they are asked for; a work that fails does not stop the next. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return async (work) => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return await turn
  }
}
