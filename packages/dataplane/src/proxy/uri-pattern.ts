import { pathTail, type PathTail } from './path-tail.ts'

/** A route's `uri`, taken apart. */
export interface UriPattern {
  /** The text before the first wildcard, as UTF-8 bytes. */
  readonly literal: string
  /** Without wildcard: the path must equal the literal. */
  readonly exact: boolean
  /** Bytes of the whole pattern: decides between patterns with the same literal. */
  readonly length: number
  /** What a path that begins with the literal has to fit besides; `undefined` when any does. */
  readonly tail: PathTail | undefined
}

/** What is the same text in both. */
const ascii = /^[\x20-\x7e]*$/

/**
 * Wildcards as in lua-resty-radixtree: a segment that begins with `*` takes any rest, slashes included; with
 * `parameters`, a segment that begins with `:` takes one segment that is not empty. A wildcard character inside a
 * segment ends the literal and leaves the rest free.
 */
export function uriPattern(uri: string, options: { readonly parameters: boolean }): UriPattern {
  const source = ascii.test(uri) ? uri : Buffer.from(uri, 'utf8').toString('latin1')
  const { length } = source
  // A colon ends the literal even when an asterisk comes before it.
  const colon = options.parameters ? source.indexOf(':') : -1
  const wildcard = colon < 0 ? source.indexOf('*') : colon
  if (wildcard < 0) return { literal: source, exact: true, length, tail: undefined }
  // By far the most common: what begins with the literal fits.
  const free = wildcard === length - 1 && source.endsWith('*')
  const literal = source.slice(0, wildcard)
  return { literal, exact: false, length, tail: free ? undefined : pathTail(source, literal) }
}
