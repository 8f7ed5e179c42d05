/** The same ones in another order, which is always the same for this seed. */
export function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  const order = [...values]
  let state = seed
  for (let last = order.length - 1; last > 0; last--) {
    // A linear congruential generator, by Numerical Recipes: nothing here depends on more.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const chosen = Math.floor((state / 2 ** 32) * (last + 1))
    const [left, right] = [order[last], order[chosen]]
    if (left === undefined || right === undefined) continue
    order[last] = right
    order[chosen] = left
  }
  return order
}
