import { compareKeys } from '@outlast/storage'

const firstSurrogate = 0xd8_00

/**
 * Turns an order by UTF-16 code units (Azurite's; Azure's documentation only says "alphabetical") into the
 * order by UTF-8 bytes, and leaves the latter as it is.
 *
 * The two differ only in how surrogate pairs compare with U+E000 to U+FFFF. In both, the keys that share
 * everything before their first such character follow each other without a gap, so only those runs are sorted.
 */
export async function* inUtf8Order(keys: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let run: string[] = []
  let runStart = ''
  for await (const key of keys) {
    if (run.length > 0 && key.startsWith(runStart) && isDisputed(key, runStart.length)) {
      run.push(key)
      continue
    }
    yield* run.sort(compareKeys)
    const undisputed = undisputedStart(key)
    run = undisputed === key ? [] : [key]
    runStart = undisputed === key ? '' : undisputed
    if (undisputed === key) yield key
  }
  yield* run.sort(compareKeys)
}

const isDisputed = (key: string, index: number) => index < key.length && key.charCodeAt(index) >= firstSurrogate

/** The key up to the first character about which the two orders differ: it sorts before the same keys in both. */
export function undisputedStart(key: string): string {
  for (let index = 0; index < key.length; index += 1) {
    if (isDisputed(key, index)) return key.slice(0, index)
  }
  return key
}
