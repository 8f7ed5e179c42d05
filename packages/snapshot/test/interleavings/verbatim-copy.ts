import { digestOf } from '../../src/format/digest.ts'
import { layoutOf } from '../../src/format/layout.ts'
import { bucket, type Bucket } from './bucket.ts'
import type { Ledger } from './ledger.ts'

const layout = layoutOf('default', 'resources')

/** An empty bucket that is to become a replica, watched for what no replica may do. */
export function verbatimCopy(primary: Bucket, book: Ledger): Bucket {
  const copy = bucket()
  const seen = new Map<string, Uint8Array>()
  primary.listeners.push(({ key, after }) => {
    if (after !== undefined && key !== layout.head) seen.set(key, after)
  })
  for (const [key, { bytes }] of primary.objects) seen.set(key, bytes)

  copy.listeners.push(({ key, before, after }) => {
    if (after === undefined) return
    if (key === layout.head) {
      const { sequence, manifest } = JSON.parse(Buffer.from(after).toString())
      const there = copy.objects.get(layout.manifest(sequence))
      if (there === undefined || digestOf(there.bytes) !== manifest)
        book.violate(`the head of the copy points at ${sequence}`)
      return
    }
    if (before !== undefined) book.violate(`the copy has overwritten ${key}`)
    const original = seen.get(key)
    if (original === undefined || Buffer.compare(original, after) !== 0) book.violate(`the copy has made up ${key}`)
    if (layout.sequenceOf(key) === undefined) return
    const { parts } = JSON.parse(Buffer.from(after).toString())
    for (const part of parts) {
      if (!copy.objects.has(layout.part(part))) book.violate(`the copy has ${key} without ${part.key}`)
    }
  })
  return copy
}
