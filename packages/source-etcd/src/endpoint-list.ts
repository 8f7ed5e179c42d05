import { SourceError, type SourceErrorCode } from '@outlast/snapshot'

/** Endpoints in the order in which they are tried. */
export interface EndpointList {
  /** For logs and status: `etcd://host:2379,host:2380`. */
  readonly name: string
  /** How many different ones there are. */
  readonly count: number
  /** Tries one endpoint after the other, the last good one first. Rejects when none works. */
  first<T>(signal: AbortSignal | undefined, attempt: (endpoint: string) => Promise<T>): Promise<T>
  /** Puts an endpoint last, after it failed in the middle of something. */
  demote(endpoint: string): void
}

export function endpointList(endpoints: readonly string[]): EndpointList {
  if (endpoints.length === 0) throw new TypeError('an etcd needs at least one endpoint')
  let order = [...new Set(endpoints.map(normalized))]
  const move = (endpoint: string, place: 'first' | 'last'): void => {
    const others = order.filter((other) => other !== endpoint)
    order = place === 'first' ? [endpoint, ...others] : [...others, endpoint]
  }

  return {
    name: `etcd://${order.map((endpoint) => new URL(endpoint).host).join(',')}`,
    count: order.length,

    first: async (signal, attempt) => {
      const errors: SourceError[] = []
      for (const endpoint of order) {
        signal?.throwIfAborted()
        try {
          const result = await attempt(endpoint)
          move(endpoint, 'first')
          return result
        } catch (error) {
          signal?.throwIfAborted()
          if (!SourceError.isInstance(error)) throw error
          errors.push(error)
        }
      }
      throw combined(errors)
    },

    demote: (endpoint) => {
      move(endpoint, 'last')
    },
  }
}

function normalized(endpoint: string): string {
  const url = URL.parse(endpoint)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new TypeError('an etcd endpoint must be an address such as http://127.0.0.1:2379')
  // Credentials in an address end up in logs; there are options for them.
  if (url.username !== '' || url.password !== '')
    throw new TypeError(`the etcd endpoint ${url.host} must not contain credentials; use user and password`)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function combined(errors: readonly SourceError[]): SourceError {
  const [only] = errors
  if (only !== undefined && errors.length === 1) return only
  // What an operator has to put right comes before what may pass by itself.
  const codes: readonly SourceErrorCode[] = ['denied', 'invalid-response', 'unavailable']
  const code = codes.find((candidate) => errors.some((error) => error.code === candidate)) ?? 'unavailable'
  return new SourceError(code, errors.map((error) => error.message).join('; '), { cause: new AggregateError(errors) })
}
