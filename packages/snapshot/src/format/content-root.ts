import { digestOf } from './digest.ts'
import type { PartReference } from './manifest.ts'

/** Digest over a configuration's content: the fan-out and the plain digest of every part, in the order of buckets. */
export function contentRoot(
  fanout: number,
  parts: readonly { readonly bucket: number; readonly plain: Pick<PartReference['plain'], 'digest'> }[],
): string {
  const lines = parts.map((part) => `${part.bucket} ${part.plain.digest}\n`)
  return digestOf(`outlast-root-1 ${fanout}\n${lines.join('')}`)
}
