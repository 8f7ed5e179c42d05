import { storageError, type Origin } from './classify-error.ts'
import type { StoredObject } from './storage-adapter.ts'

type GetResult = StoredObject | 'not-modified' | undefined

interface Asked {
  readonly ifNoneMatch: string | undefined
  readonly maximumBytes: number
}

/** Adapters are often plain JavaScript around an SDK: their answers are checked, and made alike. */
export const checkResult = {
  get(result: GetResult, asked: Asked, origin: Origin): GetResult {
    const { ifNoneMatch, maximumBytes } = asked
    if (result === undefined) return undefined
    if (result === 'not-modified') {
      if (ifNoneMatch !== undefined) return result
      throw storageError(origin, 'invalid-response', `"not modified" without ifNoneMatch for "${origin.key}"`)
    }
    if (!(result?.bytes instanceof Uint8Array)) {
      throw storageError(origin, 'invalid-response', `get of "${origin.key}" gave no bytes`)
    }
    if (result.bytes.byteLength > maximumBytes) {
      throw storageError(
        origin,
        'too-large',
        `"${origin.key}" has ${result.bytes.byteLength} bytes, and at most ${maximumBytes} were asked for`,
      )
    }
    const etag = checkEtag(result.etag, origin)
    if (etag === ifNoneMatch) return 'not-modified'
    return { bytes: plainBytes(result.bytes), etag }
  },

  put(etag: unknown, origin: Origin): string {
    return checkEtag(etag, origin)
  },
}

function checkEtag(etag: unknown, origin: Origin): string {
  if (typeof etag === 'string' && etag !== '') return etag
  throw storageError(origin, 'invalid-response', `${origin.operation} of "${origin.key}" gave no etag`)
}

// What an SDK gives may be a Buffer, whose `slice` shares memory where a Uint8Array's copies, and a part of a larger piece of
// memory: of Node's pool, or of what came over a socket. Then the caller would keep all of it, and could not transfer it.
function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength !== bytes.buffer.byteLength) return new Uint8Array(bytes)
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer)
}
