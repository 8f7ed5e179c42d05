import { isDeepStrictEqual } from 'node:util'

/** What a write makes of a key; 0: nothing, it is deleted. */
type Mark = number

/** Makes the value that a mark stands for, with the mark at the beginning of its `desc`. */
export type ValueOf = (key: string, mark: Mark) => object

/**
 * What a store may hold by what writers were told. A write that nobody has acknowledged may have happened, as a whole, or
 * not; one that was acknowledged has happened, and what was in doubt before it is over.
 */
export class WriteLedger {
  readonly #valueOf: ValueOf
  readonly #possible = new Map<string, Set<Mark>>()
  #marks = 0
  #acknowledged = 0

  constructor(valueOf: ValueOf) {
    this.#valueOf = valueOf
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** A write is about to be sent. */
  begin(key: string): { readonly mark: Mark; readonly value: object } {
    const mark = (this.#marks += 1)
    this.#of(key).add(mark)
    return { mark, value: this.#valueOf(key, mark) }
  }

  /** A deletion is about to be sent, of all these at once. */
  beginDeletion(keys: readonly string[]): void {
    for (const key of keys) this.#of(key).add(0)
  }

  /** It was answered: this is what the key is now. */
  acknowledge(key: string, mark: Mark): void {
    this.#acknowledged += 1
    this.#possible.set(key, new Set([mark]))
  }

  mayBeAbsent(key: string): boolean {
    return this.#of(key).has(0)
  }

  /** What is stored, by key, and must not be; and what is not and must be. */
  contradictions(stored: ReadonlyMap<string, object>): readonly string[] {
    const unknown = [...stored.keys()].filter((key) => !this.#possible.has(key))
    return [
      ...unknown.map((key) => `${key} was never written`),
      ...[...this.#possible].flatMap(([key, possible]) => {
        const mark = this.#markOf(key, stored.get(key))
        if (mark !== undefined && possible.has(mark)) return []
        return [`${key} is ${mark ?? 'something that was never written'}, and may be ${[...possible].join(' or ')}`]
      }),
    ]
  }

  /** Nothing is on its way any more: what is stored now was decided. */
  settle(stored: ReadonlyMap<string, object>): void {
    for (const key of this.#possible.keys()) {
      this.#possible.set(key, new Set([this.#markOf(key, stored.get(key)) ?? 0]))
    }
  }

  #of(key: string): Set<Mark> {
    const possible = this.#possible.get(key) ?? new Set([0])
    this.#possible.set(key, possible)
    return possible
  }

  /** `undefined` for what is nobody's whole value. */
  #markOf(key: string, value: object | undefined): Mark | undefined {
    if (value === undefined) return 0
    const mark = 'desc' in value ? Number.parseInt(String(value.desc), 10) : Number.NaN
    // The control plane adds to it when it was written.
    return isDeepStrictEqual(value, { ...value, ...this.#valueOf(key, mark) }) ? mark : undefined
  }
}
