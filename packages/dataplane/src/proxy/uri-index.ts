import type { MatchRequest } from './match-request.ts'
import { hashOf, PathHashes } from './path-hashes.ts'
import { compareRivals, firstMatch, insertRival, RouteCandidate, type RouteMatch } from './route-candidate.ts'

/** Candidates of one literal, in the order in which they are asked. Nearly all literals have one, kept without a list. */
type Rivals = RouteCandidate | RouteCandidate[]

const leastPlaces = 16

/**
 * Candidates by path: an exact path always goes before any prefix, then prefixes, longest literal first. They are in
 * zones, which know nothing of each other: a host has one, and so may a service.
 *
 * One hash table with open addressing for all of them: a host or a literal more costs no object, and what a lookup costs
 * does not depend on how many there are. `add`, `remove` and `read` each undo what `read` has done.
 */
export class UriIndex {
  readonly #path = new PathHashes()
  /** Two numbers for each place, of which there is a power of two: hash and zone key. A hash of 0: the place is free. */
  #keys = new Int32Array(leastPlaces * 2)
  #rivals: (Rivals | undefined)[] = freePlaces(leastPlaces)
  #taken = 0
  #zoneCount = 0

  /** An empty one. There is nothing to do for one that is no longer used. */
  newZone(): number {
    this.#zoneCount += 1
    return this.#zoneCount
  }

  add(candidate: RouteCandidate, zone: number): void {
    const { literal, exact } = candidate
    const key = zoneKey(zone, exact)
    const hash = mixed(hashOf(literal), key)
    const place = this.#placeFor(hash, key, literal, literal.length)
    const rivals = this.#rivals[place]
    if (!exact) this.#path.add(literal)
    if (rivals === undefined) this.#insert(hash, key, candidate)
    else if (!(rivals instanceof RouteCandidate)) insertRival(rivals, candidate)
    else this.#rivals[place] = [rivals, candidate].sort(compareRivals)
  }

  remove(candidate: RouteCandidate, zone: number): void {
    const { literal, exact } = candidate
    const key = zoneKey(zone, exact)
    const place = this.#placeFor(mixed(hashOf(literal), key), key, literal, literal.length)
    const rivals = this.#rivals[place]
    if (rivals === undefined) return
    if (rivals instanceof RouteCandidate) {
      if (rivals !== candidate) return
      this.#vacate(place)
    } else {
      const at = rivals.indexOf(candidate)
      if (at < 0) return
      rivals.splice(at, 1)
      if (rivals.length === 1) this.#rivals[place] = rivals[0]
    }
    if (!exact) this.#path.remove(literal)
  }

  /** Before zones are asked about a path. */
  read(path: string): void {
    this.#path.read(path)
  }

  /** For the request whose path was read last. */
  find(request: MatchRequest, zone: number): RouteMatch | undefined {
    const path = request.normalizedPath
    for (let at = this.#path.count; at >= 0; at -= 1) {
      const rivals = this.#fittingRivals(at, path, zone)
      const match = rivals === undefined ? undefined : matchOf(rivals, request)
      if (match !== undefined) return match
    }
    return undefined
  }

  /** Adds every candidate of a zone whose literal the path that was read last fits, in no order. */
  collect(path: string, zone: number, into: RouteCandidate[]): void {
    for (let at = this.#path.count; at >= 0; at -= 1) {
      const rivals = this.#fittingRivals(at, path, zone)
      if (rivals instanceof RouteCandidate) into.push(rivals)
      else for (const each of rivals ?? []) into.push(each)
    }
  }

  /** For the beginning of the path that is the `at`th in length, and above those for the whole of it. */
  #fittingRivals(at: number, path: string, zone: number): Rivals | undefined {
    const { count, whole, hashes, lengths } = this.#path
    const exact = at === count
    const key = zoneKey(zone, exact)
    const hash = mixed(exact ? whole : (hashes[at] ?? 0), key)
    return this.#rivals[this.#placeFor(hash, key, path, exact ? path.length : (lengths[at] ?? 0))]
  }

  /** Of the rivals for the beginning of a path, or a free place when there are none. */
  #placeFor(hash: number, key: number, path: string, length: number): number {
    const last = this.#rivals.length - 1
    let place = hash & last
    for (;;) {
      const found = this.#keys[place * 2]
      if (found === 0) return place
      if (found === hash && this.#keys[place * 2 + 1] === key) {
        const literal = literalOf(this.#rivals[place])
        if (length === path.length ? path === literal : literal.length === length && path.startsWith(literal))
          return place
      }
      place = (place + 1) & last
    }
  }

  #insert(hash: number, key: number, rivals: Rivals): void {
    if ((this.#taken + 1) * 3 > this.#rivals.length * 2) this.#grow()
    this.#fill(hash, key, rivals)
    this.#taken += 1
  }

  #fill(hash: number, key: number, rivals: Rivals): void {
    const last = this.#rivals.length - 1
    let place = hash & last
    while (this.#rivals[place] !== undefined) place = (place + 1) & last
    this.#put(place, hash, key, rivals)
  }

  #put(place: number, hash: number, key: number, rivals: Rivals | undefined): void {
    this.#keys[place * 2] = hash
    this.#keys[place * 2 + 1] = key
    this.#rivals[place] = rivals
  }

  /** What comes behind it moves up, so that nothing is cut off from where the search for it begins. */
  #vacate(place: number): void {
    const last = this.#rivals.length - 1
    let free = place
    for (let next = (place + 1) & last; ; next = (next + 1) & last) {
      const hash = this.#keys[next * 2] ?? 0
      if (hash === 0) break
      const detour = (next - hash) & last
      if (detour < ((next - free) & last)) continue
      this.#put(free, hash, this.#keys[next * 2 + 1] ?? 0, this.#rivals[next])
      free = next
    }
    this.#put(free, 0, 0, undefined)
    this.#taken -= 1
  }

  #grow(): void {
    const [keys, rivals] = [this.#keys, this.#rivals]
    this.#keys = new Int32Array(keys.length * 2)
    this.#rivals = freePlaces(rivals.length * 2)
    for (const [place, each] of rivals.entries()) {
      if (each !== undefined) this.#fill(keys[place * 2] ?? 0, keys[place * 2 + 1] ?? 0, each)
    }
  }
}

function freePlaces(count: number): (Rivals | undefined)[] {
  const places: undefined[] = []
  for (let place = 0; place < count; place += 1) places.push(undefined)
  return places
}

/** Exact literals of a zone are apart from its prefixes. */
function zoneKey(zone: number, exact: boolean): number {
  return zone * 2 + (exact ? 1 : 0)
}

/** Never 0, which stands for a free place. */
function mixed(hash: number, key: number): number {
  const product = Math.imul(hash ^ Math.imul(key, 0x9e3779b1), 0x85ebca6b)
  return product ^ (product >>> 15) || 1
}

function literalOf(rivals: Rivals | undefined): string {
  const first = rivals instanceof RouteCandidate ? rivals : rivals?.[0]
  return first?.literal ?? ''
}

function matchOf(rivals: Rivals, request: MatchRequest): RouteMatch | undefined {
  return rivals instanceof RouteCandidate ? rivals.match(request) : firstMatch(rivals, request)
}
