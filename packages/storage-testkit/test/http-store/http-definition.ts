import { StorageError, type StorageDefinition, type StorageErrorCode } from '@outlast/storage'

export interface HttpAddress {
  readonly host: string
  readonly port: number
}

/** What broken adapters get wrong. */
export interface HttpParts {
  /** Sends a request, and makes an error of whatever is no answer of the store. */
  ask(url: string, init: RequestInit): Promise<Response>
  readBody(response: Response, maximumBytes: number): Promise<Uint8Array>
  readPage(response: Response): Promise<{ readonly keys: readonly string[]; readonly more: boolean }>
}

/** The correct parts. */
export const httpParts: HttpParts = {
  async ask(url, init) {
    const response = await fetch(url, { ...init, redirect: 'manual' })
    if (response.headers.get('server') === 'box') return response
    await response.body?.cancel()
    throw foreign(response.status)
  },

  async readBody(response, maximumBytes) {
    const announced = response.headers.get('content-length')
    const problem = announced === null ? 'invalid-response' : Number(announced) > maximumBytes ? 'too-large' : undefined
    if (problem !== undefined) {
      await response.body?.cancel()
      throw new StorageError({ code: problem, message: `the answer announces ${announced} bytes` })
    }
    return new Uint8Array(await response.arrayBuffer())
  },

  async readPage(response) {
    const page: unknown = JSON.parse(await response.text())
    if (typeof page === 'object' && page !== null && 'keys' in page && 'more' in page && Array.isArray(page.keys)) {
      return { keys: page.keys, more: page.more === true }
    }
    throw foreign(response.status)
  },
}

/** An adapter for `startHttpStore` on plain `fetch`. */
export function httpDefinition(address: HttpAddress, parts: Partial<HttpParts> = {}): StorageDefinition {
  const { ask, readBody, readPage } = { ...httpParts, ...parts }
  const base = `http://${address.host}:${address.port}`
  const at = (key: string): string => `${base}/objects/${encodeURIComponent(key)}`
  return {
    name: 'box:',
    capabilities: { createOnly: true },
    async get(key, { ifNoneMatch, maximumBytes, signal }) {
      const headers = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }
      const response = await ask(at(key), { headers, signal })
      if (response.status === 304) return 'not-modified'
      if (response.status === 404) return undefined
      return { bytes: await readBody(response, maximumBytes), etag: response.headers.get('etag') ?? '' }
    },
    async put(key, bytes, { ifAbsent, signal }) {
      const headers = ifAbsent ? { 'if-none-match': '*' } : {}
      const response = await ask(at(key), { method: 'PUT', body: new Uint8Array(bytes), headers, signal })
      if (response.status === 412) throw new StorageError({ code: 'already-exists', message: `"${key}" exists` })
      return response.headers.get('etag') ?? ''
    },
    async *list(prefix, { after = '', signal }) {
      for (let page = { keys: [after] as readonly string[], more: true }; page.more;) {
        const from = new URLSearchParams({ prefix, after: page.keys.at(-1) ?? '' })
        page = await readPage(await ask(`${base}/keys?${from.toString()}`, { signal }))
        yield* page.keys
      }
    },
    async delete(key, { signal }) {
      await ask(at(key), { method: 'DELETE', signal })
    },
    mapError(error) {
      if (error instanceof SyntaxError) return 'invalid-response'
      return error instanceof TypeError ? 'unavailable' : undefined
    },
  }
}

/** An error for an answer that is not the store's own. */
function foreign(status: number): StorageError {
  return new StorageError({ code: codeOf(status), message: `status ${status}` })
}

function codeOf(status: number): StorageErrorCode {
  if (status === 401 || status === 403) return 'denied'
  if (status === 429) return 'throttled'
  return status >= 500 ? 'unavailable' : 'invalid-response'
}
