/** Values by literal text, found by the longest literal that a given text ends with. */
export interface LongestSuffix<Value> {
  readonly size: number
  get(literal: string): Value | undefined
  set(literal: string, value: Value): void
  delete(literal: string): void
  /** Offers values to `visit`, longest literal first, until it returns something. */
  find<Result>(text: string, visit: (value: Value) => Result | undefined): Result | undefined
}

/**
 * One hash lookup per length that any literal has. Configurations have few different lengths, and the answer does not
 * depend on how many literals share one.
 */
export function longestSuffix<Value>(): LongestSuffix<Value> {
  const values = new Map<string, Value>()
  const countByLength = new Map<number, number>()
  let lengths: number[] = []

  return {
    get size() {
      return values.size
    },
    get: (literal) => values.get(literal),
    set(literal, value) {
      if (!values.has(literal)) {
        const count = countByLength.get(literal.length) ?? 0
        countByLength.set(literal.length, count + 1)
        if (count === 0) lengths = [...countByLength.keys()].sort((a, b) => b - a)
      }
      values.set(literal, value)
    },
    delete(literal) {
      if (!values.delete(literal)) return
      const count = countByLength.get(literal.length) ?? 0
      if (count > 1) {
        countByLength.set(literal.length, count - 1)
      } else {
        countByLength.delete(literal.length)
        lengths = lengths.filter((length) => length !== literal.length)
      }
    },
    find(text, visit) {
      for (const length of lengths) {
        if (length > text.length) continue
        const value = values.get(text.slice(text.length - length))
        const result = value === undefined ? undefined : visit(value)
        if (result !== undefined) return result
      }
      return undefined
    },
  }
}
