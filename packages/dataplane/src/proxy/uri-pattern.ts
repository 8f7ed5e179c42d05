/** A route's `uri`, taken apart. */
export interface UriPattern {
  /** As configured: its length decides between patterns with the same literal. */
  readonly source: string
  /** The text before the first wildcard, as UTF-8 bytes. */
  readonly literal: string
  /** Without wildcard: the path must equal the literal. */
  readonly exact: boolean
  /** The pattern's named parts in a path that begins with the literal, or `undefined` when the rest does not fit. */
  match(path: string): { readonly [name: string]: string } | undefined
}

const noParams: { readonly [name: string]: string } = {}

/** What is the same text in both. */
const ascii = /^[\x20-\x7e]*$/

/**
 * Wildcards as in lua-resty-radixtree: a segment that begins with `*` takes any rest, slashes included; with
 * `parameters`, a segment that begins with `:` takes one segment that is not empty. A wildcard character inside a
 * segment ends the literal and leaves the rest free.
 */
export function uriPattern(uri: string, options: { readonly parameters: boolean }): UriPattern {
  const source = ascii.test(uri) ? uri : Buffer.from(uri, 'utf8').toString('latin1')
  const wildcard = source.search(options.parameters ? /[:*]/ : /\*/)
  if (wildcard < 0) return { source, literal: source, exact: true, match: () => noParams }
  const literal = source.slice(0, wildcard)
  const tail = compileTail(source, options.parameters)
  if (tail === undefined) return { source, literal, exact: false, match: () => noParams }
  return {
    source,
    literal,
    exact: false,
    match(path) {
      const found = tail.expression.exec(path)
      if (found === null) return undefined
      if (tail.names.length === 0) return noParams
      return Object.fromEntries(
        tail.names
          .map((name, at): [string, string] => [name, Buffer.from(found[at + 1] ?? '', 'latin1').toString('utf8')])
          .filter(([name]) => name !== ''),
      )
    },
  }
}

function compileTail(source: string, parameters: boolean): { expression: RegExp; names: string[] } | undefined {
  // By far the most common: what begins with the literal fits.
  if (source.search(parameters ? /[:*]/ : /\*/) === source.length - 1 && source.endsWith('*')) return undefined
  const names: string[] = []
  const parts = source.split('/').map((segment) => {
    if (segment.startsWith('*')) {
      names.push(segment.slice(1))
      return '([^]*)'
    }
    if (parameters && segment.startsWith(':')) {
      names.push(segment.slice(1))
      return '([^/]+)'
    }
    return segment.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  })
  return names.length === 0 ? undefined : { expression: new RegExp(`^${parts.join('/')}$`), names }
}
