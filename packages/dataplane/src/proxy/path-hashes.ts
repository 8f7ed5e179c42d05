// FNV-1a.
const offsetBasis = 0x811c9dc5 | 0
const prime = 0x01000193

/** The hash of a whole text, as `PathHashes` has it for a path that begins with it. */
export function hashOf(text: string): number {
  let hash = offsetBasis
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), prime)
  return hash
}

interface LiteralLength {
  readonly length: number
  count: number
  /** What literals of this length end with, as bits for the low five bits of a character. May say too much. */
  endings: number
}

/**
 * The beginnings of a path that may be literals, as hashes. A hash grows with the text, so all of them take one walk over
 * the path; and most beginnings are left out because no literal of their length ends with such a character.
 */
export class PathHashes {
  /** Of the whole path. */
  whole = 0
  /** How many beginnings there are, shortest first. */
  count = 0
  lengths: Int32Array = new Int32Array(0)
  hashes: Int32Array = new Int32Array(0)

  readonly #known = new Map<number, LiteralLength>()
  // The same as the walk wants it: shortest first.
  #knownLengths = new Int32Array(0)
  #knownEndings = new Int32Array(0)

  /** Counts a literal in whose beginnings are wanted from now on. */
  add(literal: string): void {
    const { length } = literal
    const ending = endingBit(length === 0 ? 0 : literal.charCodeAt(length - 1))
    const known = this.#known.get(length)
    if (known !== undefined) known.count += 1
    if (known !== undefined && (known.endings & ending) !== 0) return
    if (known === undefined) this.#known.set(length, { length, count: 1, endings: ending })
    else known.endings |= ending
    this.#layOut()
  }

  remove(literal: string): void {
    const known = this.#known.get(literal.length)
    if (known === undefined) return
    known.count -= 1
    if (known.count > 0) return
    this.#known.delete(literal.length)
    this.#layOut()
  }

  /** Takes the place of what was read before. */
  read(path: string): void {
    let hash = offsetBasis
    let at = 0
    let count = 0
    for (let place = 0; place < this.#knownLengths.length; place += 1) {
      const length = this.#knownLengths[place] ?? 0
      if (length > path.length) break
      let character = 0
      for (; at < length; at += 1) {
        character = path.charCodeAt(at)
        hash = Math.imul(hash ^ character, prime)
      }
      if (((this.#knownEndings[place] ?? 0) & endingBit(character)) === 0) continue
      this.lengths[count] = length
      this.hashes[count] = hash
      count += 1
    }
    for (; at < path.length; at += 1) hash = Math.imul(hash ^ path.charCodeAt(at), prime)
    this.whole = hash
    this.count = count
  }

  #layOut(): void {
    const known = [...this.#known.values()].sort((a, b) => a.length - b.length)
    this.#knownLengths = Int32Array.from(known, ({ length }) => length)
    this.#knownEndings = Int32Array.from(known, ({ endings }) => endings)
    this.lengths = new Int32Array(known.length)
    this.hashes = new Int32Array(known.length)
    this.count = 0
  }
}

function endingBit(character: number): number {
  return 1 << (character & 31)
}
