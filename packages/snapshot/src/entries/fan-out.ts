import { hash } from 'node:crypto'
import { maximumFanout } from '../format/limits.ts'

const entriesPerBucket = 400
const bytesPerBucket = 256 * 1024

/** The bucket of an entry: the first 32 bits of the SHA-256 of `kind/id`, big-endian, modulo the fan-out. SPEC section 6. */
export function bucketOf(entryKey: string, fanout: number): number {
  return fanout === 1 ? 0 : Number.parseInt(hash('sha256', entryKey).slice(0, 8), 16) % fanout
}

/**
 * How many buckets a configuration of this size is spread over: the least power of four that leaves
 * at most 400 entries and 256 KiB to each. The base's fan-out stays while the load is above an eighth
 * and up to twice of what it is made for, because changing it uploads everything again.
 */
export function fanoutFor(load: {
  readonly entries: number
  readonly bytes: number
  readonly current?: number | undefined
}): number {
  const wanted = Math.max(1, load.entries / entriesPerBucket, load.bytes / bytesPerBucket)
  const { current } = load
  if (current !== undefined && (current === 1 || wanted > current / 8) && wanted <= current * 2) return current
  let fanout = 1
  while (fanout < wanted && fanout < maximumFanout) fanout *= 4
  return fanout
}
