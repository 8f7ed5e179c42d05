import type { Random } from '../interleavings/random.ts'

/** The bytes with one to four accidents; `others` is where foreign bytes come from. Always different from the original. */
export function mutateBytes(original: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let bytes = original
  const accidents = 1 + random.below(4)
  for (let accident = 0; accident < accidents; accident += 1) bytes = damage(bytes, random, random.pick(others))
  return Buffer.from(bytes).equals(original) ? Buffer.concat([bytes, Buffer.from([random.below(256)])]) : bytes
}

function damage(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const from = random.below(bytes.length + 1)
  const to = Math.min(bytes.length, from + 1 + random.below(random.pick([1, 8, 500])))
  const before = bytes.subarray(0, from)
  const hit = bytes.subarray(from, to)
  const after = bytes.subarray(to)
  switch (random.below(7)) {
    case 0:
      return Buffer.concat([before, hit.map((byte) => byte ^ (1 << random.below(8))), after])
    case 1:
      return Buffer.concat([before, hit.map(() => random.below(256)), after])
    case 2:
      return Buffer.concat([before, after])
    case 3:
      return before
    case 4:
      return Buffer.concat([before, hit, hit, after])
    case 5:
      return Buffer.concat([before, other.subarray(random.below(other.length + 1)).subarray(0, 400), after])
    default:
      return Buffer.concat([after, hit, before])
  }
}

const oddPlain: readonly unknown[] = [null, true, 0, -1, 1.5, 1e308, 2 ** 53, 4_294_967_296, 16_385, [], [[]], {}]
const oddTexts: readonly string[] = ['', '0', 'x'.repeat(2000), '\u0000', '../../etc', 'parts/../manifests/1']
const oddDigest = `sha256:${'0'.repeat(64)}`
const polluting: unknown = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
const oddValues: readonly unknown[] = [...oddPlain, ...oddTexts, oddDigest, polluting, nested(999), nested(40)]

function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 1; level < depth; level += 1) value = [value]
  return value
}

/** The JSON value with a member gone, doubled, exchanged, or odd, at any depth. */
export function mutateJson(value: unknown, random: Random): unknown {
  if (random.chance(0.15) || typeof value !== 'object' || value === null) return random.pick(oddValues)
  if (Array.isArray(value)) {
    const items: unknown[] = [...value]
    const index = random.below(items.length + 1)
    if (index === items.length) return [...items, random.pick(oddValues)]
    const choice = random.below(4)
    if (choice === 0) return items.toSpliced(index, 1)
    if (choice === 1) return [...items, items[index]]
    if (choice === 2) return items.toReversed()
    return items.with(index, mutateJson(items[index], random))
  }
  const members: [string, unknown][] = Object.entries(value)
  const index = random.below(members.length + 1)
  const member = members[index]
  if (member === undefined) return Object.fromEntries([...members, ['unheard-of', random.pick(oddValues)]])
  if (random.chance(0.2)) return Object.fromEntries(members.toSpliced(index, 1))
  return Object.fromEntries(members.with(index, [member[0], mutateJson(member[1], random)]))
}
