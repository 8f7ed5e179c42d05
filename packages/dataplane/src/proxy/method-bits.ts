/** Every method that a route of APISIX can name, each with a bit of its own. */
const bits: ReadonlyMap<string, number> = new Map(
  ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PURGE'].map((method, at) => [
    method,
    1 << at,
  ]),
)

/** 0 for a method that no route can name. */
export function methodBit(method: string): number {
  return bits.get(method) ?? 0
}

/** 0 for none. Throws a `TypeError` for a method that is not known: without it the others would mean less, or nothing. */
export function methodBits(methods: readonly string[]): number {
  let all = 0
  for (const method of methods) {
    const bit = methodBit(method)
    if (bit === 0) throw new TypeError('a method is not known')
    all |= bit
  }
  return all
}
