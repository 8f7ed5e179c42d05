import type * as Zlib from 'node:zlib'

type Callback = (error: unknown, bytes?: Uint8Array) => void
type Asynchronous<Options> = (bytes: Uint8Array, ...rest: [Callback] | [Options, Callback]) => void

/** The same compression, on this thread: a pool of threads answers when the machine lets it. */
export function inlineZlib(zlib: typeof Zlib): object {
  return {
    ...zlib,
    gzip: inline(zlib.gzipSync),
    gunzip: inline(zlib.gunzipSync),
    zstdCompress: inline(zlib.zstdCompressSync),
    zstdDecompress: inline(zlib.zstdDecompressSync),
  }
}

function inline<Options>(work: (bytes: Uint8Array, options?: Options) => Uint8Array): Asynchronous<Options> {
  return (bytes, ...rest) => {
    const [options, callback] = rest.length === 2 ? rest : [undefined, rest[0]]
    let done: Uint8Array
    try {
      done = work(bytes, options)
    } catch (error) {
      callback(error)
      return
    }
    callback(null, done)
  }
}
