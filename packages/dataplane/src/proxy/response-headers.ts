import type { Dispatcher } from 'undici'
import { hopByHopTest } from './hop-by-hop.ts'

/** Fields that a trailer section must not hold: framing, routing, authentication, payload (RFC 9110 §6.5.1). */
const forbiddenInTrailers: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'set-cookie',
])

type RawHeaders = Dispatcher.DispatchController['rawHeaders']

/** End-to-end fields of an upstream's response: names and values in turns, as they came. */
export function responseHeaders(raw: RawHeaders, statusCode: number): string[] {
  const pairs = pairsOf(raw)
  const isHopByHop = hopByHopTest(pairs.filter(([, lower]) => lower === 'connection').map(([, , value]) => value))
  return (
    pairs
      .filter(([, lower]) => !isHopByHop(lower))
      // RFC 9110 §8.6: a 204 has no Content-Length, whatever the upstream says.
      .filter(([, lower]) => statusCode !== 204 || lower !== 'content-length')
      .flatMap(([name, , value]) => [name, value])
  )
}

export function responseTrailers(raw: RawHeaders): [string, string][] {
  const isHopByHop = hopByHopTest(undefined)
  return pairsOf(raw)
    .filter(([, lower]) => !isHopByHop(lower) && !forbiddenInTrailers.has(lower))
    .map(([name, , value]) => [name, value])
}

/** Name, name in lower case, value. */
function pairsOf(raw: RawHeaders): [string, string, string][] {
  if (!Array.isArray(raw)) return []
  const pairs: [string, string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = text(raw[index])
    pairs.push([name, name.toLowerCase(), text(raw[index + 1])])
  }
  return pairs
}

function text(value: Buffer | string | undefined): string {
  return typeof value === 'string' ? value : (value?.toString('latin1') ?? '')
}
