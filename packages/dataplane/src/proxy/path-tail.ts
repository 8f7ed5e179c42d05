/** Named parts of a path. */
export interface PathParameters {
  readonly [name: string]: string
}

/** A pattern of which a path must fit every segment. */
export interface PathTail {
  /** `path` as bytes. The named parts as text, or `undefined` when the path does not fit. */
  match(path: string): PathParameters | undefined
}

export const noParameters: PathParameters = {}

/**
 * A segment that begins with `:` takes one segment that is not empty, one that begins with `*` any rest, as much of it as
 * it can. Both do so with every router: routers differ in where the literal before them ends. `source`: as bytes; `literal`: what paths are known to begin with.
 * `undefined` when no segment begins with a wildcard: then any rest fits.
 *
 * Other text stands for itself. lua-resty-radixtree leaves it to a regular expression, where `.` and the like mean more.
 */
export function pathTail(source: string, literal: string): PathTail | undefined {
  const runs = [new Run()]
  const restNames: string[] = []
  for (const [at, segment] of source.split('/').entries()) {
    const run = runs.at(-1)
    if (at > 0) run?.addText('/')
    if (segment.startsWith('*')) {
      restNames.push(segment.slice(1))
      runs.push(new Run())
    } else if (segment.startsWith(':')) {
      run?.addSegment(segment.slice(1))
    } else {
      run?.addText(segment)
    }
  }
  const [first, ...others] = runs
  if (first === undefined || (others.length === 0 && first.names.length === 0)) return undefined
  const rests = restNames.map((name, at) => ({ name, before: others[at] ?? new Run() }))
  return new SegmentedTail(first.isBehind(literal) ? literal.length : 0, first, rests)
}

/** Text and single segments in turn. Where it begins in a path decides where it ends. */
class Run {
  /** One more than there are segments; the first and the last may be empty. */
  readonly texts: string[] = ['']
  readonly names: string[] = []

  addText(text: string): void {
    this.texts.push((this.texts.pop() ?? '') + text)
  }

  addSegment(name: string): void {
    this.names.push(name)
    this.texts.push('')
  }

  /** Whether it begins with just that text, which then is no longer part of it. */
  isBehind(text: string): boolean {
    const isBehind = this.texts[0] === text
    if (isBehind) this.texts[0] = ''
    return isBehind
  }

  /** Where it ends in a path when it begins at `from`; -1 when it does not fit there. Adds its segments to `values`. */
  endIn(path: string, from: number, values?: string[]): number {
    let at = from
    for (let place = 0; place < this.texts.length; place += 1) {
      const text = this.texts[place] ?? ''
      if (!path.startsWith(text, at)) return -1
      at += text.length
      if (place === this.names.length) break
      const slash = path.indexOf('/', at)
      const end = slash < 0 ? path.length : slash
      if (end === at) return -1
      values?.push(path.slice(at, end))
      at = end
    }
    return at
  }
}

/** A wildcard for any rest, and what it ends before. */
interface Rest {
  readonly name: string
  readonly before: Run
}

// No regular expressions: there may be one for every route, to compile one takes a hundred times as long as this does, and
// with several rests a path could be made that keeps one busy for minutes.
class SegmentedTail implements PathTail {
  readonly #from: number
  readonly #first: Run
  readonly #rests: readonly Rest[]
  /** Of all wildcards, from left to right. */
  readonly #names: readonly string[]

  constructor(from: number, first: Run, rests: readonly Rest[]) {
    this.#from = from
    this.#first = first
    this.#rests = rests
    this.#names = [...first.names, ...rests.flatMap(({ name, before }) => [name, ...before.names])]
    // An object cannot have it as a name like any other.
    if (this.#names.includes('__proto__')) throw new TypeError('a part of a path cannot have this name')
  }

  match(path: string): PathParameters | undefined {
    const values: string[] = []
    let end = this.#first.endIn(path, this.#from, values)
    if (end < 0) return undefined
    if (this.#rests.length === 0) return end === path.length ? this.#parameters(values) : undefined
    const begins = this.#begins(path, end)
    if (begins === undefined) return undefined
    for (const [at, { before }] of this.#rests.entries()) {
      const begin = begins[at] ?? end
      values.push(path.slice(end, begin))
      end = before.endIn(path, begin, values)
    }
    return this.#parameters(values)
  }

  /**
   * Where the run behind each rest begins. The last run ends with the path, and each of the others is the last one that
   * leaves room for those behind it: so every rest takes as much as it can, and no place is looked at twice.
   */
  #begins(path: string, from: number): readonly number[] | undefined {
    const begins: number[] = []
    let limit = path.length
    for (let at = this.#rests.length - 1; at >= 0; at -= 1) {
      const run = this.#rests[at]?.before
      const endsAtLimit = at === this.#rests.length - 1
      const begin = run === undefined ? -1 : lastBegin(run, path, { from, limit, endsAtLimit })
      if (begin < 0) return undefined
      begins[at] = begin
      limit = begin
    }
    return begins
  }

  #parameters(values: readonly string[]): PathParameters {
    const parameters: Record<string, string> = {}
    for (let at = 0; at < this.#names.length; at += 1) {
      const name = this.#names[at] ?? ''
      if (name !== '') parameters[name] = toText(values[at] ?? '')
    }
    return parameters
  }
}

/** Of a run that ends at or before `limit`; -1 when there is none. */
function lastBegin(
  run: Run,
  path: string,
  { from, limit, endsAtLimit }: { readonly from: number; readonly limit: number; readonly endsAtLimit: boolean },
): number {
  const [text = ''] = run.texts
  for (let begin = path.lastIndexOf(text, limit); begin >= from; begin = path.lastIndexOf(text, begin - 1)) {
    const end = run.endIn(path, begin)
    if (endsAtLimit ? end === limit : end >= 0 && end <= limit) return begin
    // Further to the left it would end even earlier.
    if (begin === 0 || (endsAtLimit && end >= 0 && end < limit)) return -1
  }
  return -1
}

function toText(bytes: string): string {
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes.charCodeAt(at) > 0x7f) return Buffer.from(bytes, 'latin1').toString('utf8')
  }
  return bytes
}
