import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { SnapshotError } from '../snapshot-error.ts'

/** How bytes are compressed; also the suffix of a part's key. */
export type Codec = 'zst' | 'gz'

// Every Node.js that this package supports has zstd, but not every runtime that can run it.
export const preferredCodec: Codec = typeof zlib.zstdCompress === 'function' ? 'zst' : 'gz'

// A manifest can promise sizes that its parts do not have, so memory is not set aside for all of it.
const largestChunkBytes = 1024 * 1024

export async function compress(bytes: Uint8Array, codec: Codec): Promise<Uint8Array> {
  return codec === 'zst' ? promisify(zlib.zstdCompress)(bytes) : promisify(zlib.gzip)(bytes)
}

/** Rejects with `damaged` when the bytes cannot be decompressed, or would be longer than `maximumBytes`. */
export async function decompress(bytes: Uint8Array, codec: Codec, maximumBytes: number): Promise<Uint8Array> {
  // Node.js unpacks into chunks of 16 KiB and joins them, which costs more than the unpacking. One byte more than is
  // expected, or a full chunk would be followed by an empty one.
  const chunkSize = Math.min(Math.max(zlib.constants.Z_MIN_CHUNK, maximumBytes + 1), largestChunkBytes)
  const limit = { maxOutputLength: Math.max(1, maximumBytes), chunkSize }
  try {
    return await (codec === 'zst' ? promisify(zlib.zstdDecompress)(bytes, limit) : promisify(zlib.gunzip)(bytes, limit))
  } catch (error) {
    throw new SnapshotError('damaged', 'An object cannot be decompressed within its size', { cause: error })
  }
}

/** What `compress` gave back, unpacked at once: for bytes that never left this process. */
export function unpack(compressed: Uint8Array): Buffer {
  return preferredCodec === 'zst' ? zlib.zstdDecompressSync(compressed) : zlib.gunzipSync(compressed)
}

/** The codec that the first bytes tell, or `undefined` for plain bytes. */
export function codecOfBytes(bytes: Uint8Array): Codec | undefined {
  if (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd) return 'zst'
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? 'gz' : undefined
}

/** The codec that a part's key tells. */
export function codecOfKey(key: string): Codec {
  return key.includes('.zst') ? 'zst' : 'gz'
}
