import type { Side } from './side.ts'

export interface Case {
  readonly operation: 'put' | 'get' | 'list'
  /** Of the objects that are written or read. */
  readonly bytes?: number
  /** Of a listing. */
  readonly keys?: number
  /** Operations under way at the same time. */
  readonly concurrency: number
  /** `put 64 KiB`, `list 100 keys`. */
  readonly title: string
}

const sizes: readonly [string, number][] = [
  ['1 B', 1],
  ['64 KiB', 64 * 1024],
  ['1 MiB', 1024 * 1024],
]
const listed = [1, 100, 1000]
/** Writes and reads go round among this many keys. */
const objects = 32

export const cases: readonly Case[] = [1, 32].flatMap((concurrency): Case[] => [
  ...(['put', 'get'] as const).flatMap((operation) =>
    sizes.map(([size, bytes]): Case => ({ operation, bytes, concurrency, title: `${operation} ${size}` })),
  ),
  ...listed.map((keys): Case => ({ operation: 'list', keys, concurrency, title: `list ${keys} keys` })),
])

/** Stores what `get` and `list` will ask for. */
export async function prepare(side: Side): Promise<void> {
  for (const [, bytes] of sizes) {
    for (let index = 0; index < objects; index += 1) await side.put(keyOf(bytes, index), sample(bytes))
  }
  for (const keys of listed) {
    for (let index = 0; index < keys; index += 1) {
      await side.put(`${prefixOf(keys)}${String(index).padStart(12, '0')}.json`, sample(1))
    }
  }
}

/** The work of one operation; it throws when the answer is not what it should be. */
export function workOf({ operation, bytes = 0, keys = 0 }: Case, side: Side): (index: number) => Promise<void> {
  const body = sample(bytes)
  return async (index) => {
    if (operation === 'put') {
      await side.put(keyOf(bytes, index % objects), body)
      return
    }
    const length =
      operation === 'get'
        ? (await side.get(keyOf(bytes, index % objects))).byteLength
        : (await side.list(prefixOf(keys))).length
    if (length !== bytes + keys) throw new Error(`${operation} gave ${length} instead of ${bytes + keys}`)
  }
}

const keyOf = (bytes: number, index: number) => `parts/${bytes}/${index}.zst`
const prefixOf = (keys: number) => `manifests-${keys}/`
const sample = (bytes: number) => new Uint8Array(bytes).fill(7)
