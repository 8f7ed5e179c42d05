import type * as Crypto from 'node:crypto'
import type * as Timers from 'node:timers/promises'
import type * as Zlib from 'node:zlib'
import type { Random } from './random.ts'

type Callback = (error: null, bytes: Uint8Array) => void

/** The same compression, on this thread: what comes next is for the scheduler to decide, not for a pool of threads. */
export function inlineZlib(zlib: typeof Zlib): object {
  return {
    ...zlib,
    zstdCompress: (bytes: Uint8Array, callback: Callback) => {
      callback(null, zlib.zstdCompressSync(bytes))
    },
    zstdDecompress: (bytes: Uint8Array, options: Zlib.ZstdOptions, callback: Callback) => {
      callback(null, zlib.zstdDecompressSync(bytes, options))
    },
  }
}

/** Work in slices is done at once: a busy machine would take its breaks elsewhere, and another schedule would come of it. */
export function inlineTimers(timers: typeof Timers): object {
  return { ...timers, setImmediate: async () => {} }
}

const source: { random: Random | undefined } = { random: undefined }

/** Makes the names of commits repeatable. */
export function drawBytesFrom(random: Random): void {
  source.random = random
}

export function repeatableCrypto(crypto: typeof Crypto): object {
  return {
    ...crypto,
    randomBytes: (size: number) =>
      source.random === undefined
        ? crypto.randomBytes(size)
        : Buffer.from(Array.from({ length: size }, () => source.random?.below(256) ?? 0)),
  }
}
