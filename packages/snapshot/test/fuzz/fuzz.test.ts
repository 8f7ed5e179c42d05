import { gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/entries/canonical-json.ts'
import { encodeCheckedJson } from '../../src/format/checked-json.ts'
import { digestOf } from '../../src/format/digest.ts'
import { decodeManifest, encodeManifest } from '../../src/format/manifest-codec.ts'
import { entryLine } from '../../src/format/entry-line.ts'
import { decodePart } from '../../src/format/part-codec.ts'
import type { JsonObject } from '../../src/entries/json-object.ts'
import { SnapshotError } from '../../src/snapshot-error.ts'
import { seededRandom, type Random } from '../interleavings/random.ts'
import { mutateBytes, mutateJson } from './mutate.ts'
import { protectedAttacks } from './protected-attacks.ts'
import { specimens, type Specimens } from './specimens.ts'

const runs = Number(process.env['FUZZ'] ?? 4000)
const firstSeed = Number(process.env['FUZZ_SEED'] ?? 1)
const place = { group: 'default', domain: 'resources', sequence: 1 } as const
const [small, large] = await Promise.all([specimens(false), specimens(true)])
const objects = [small, large].flatMap((from) => [
  from.manifestBytes,
  from.headBytes,
  ...from.parts.slice(0, 3).map(({ bytes }) => bytes),
])
// 64 MiB that look like a few bytes.
const bombs = [zstdCompressSync(Buffer.alloc(2 ** 26)), gzipSync(Buffer.alloc(2 ** 26))]

type Verdict = 'refused' | 'accepted'

/** Only a `SnapshotError` is a refusal; anything else is a crash, and fails the test. */
async function verdict(attempt: () => Promise<unknown>): Promise<Verdict> {
  try {
    await attempt()
    return 'accepted'
  } catch (error) {
    if (!SnapshotError.isInstance(error)) throw error
    return 'refused'
  }
}

/** Every kind of attack, by name. Resolves with what is wrong, if anything is. */
const attacks: Record<string, (from: Specimens, random: Random) => Promise<string | undefined>> = {
  async manifestBytes(from, random) {
    const bytes = mutateBytes(from.manifestBytes, random, objects)
    let digest: string | undefined
    await verdict(async () => {
      ;({ digest } = await decodeManifest(bytes, place))
    })
    // A compressed stream has bits without a meaning; what counts is what comes out of it.
    return digest === undefined || digest === digestOf(plainOf(from.manifestBytes)) ? undefined : 'was accepted'
  },
  // The checksum is right: whoever writes to the store can do that, so what is accepted must be whole.
  async manifestContent(from, random) {
    const mutated = mutateJson(from.manifest, random)
    if (!isEncodable(mutated)) return undefined
    const bytes = encodeCheckedJson(mutated)
    let digest: string | undefined
    const outcome = await verdict(async () => {
      const { manifest } = await decodeManifest(bytes, place)
      digest = (await decodeManifest((await encodeManifest(manifest)).bytes, place)).digest
    })
    return outcome === 'refused' || digest === digestOf(bytes)
      ? undefined
      : 'was accepted, and is another one when written'
  },
  async headBytes(from, random) {
    const head = await from.readHead(mutateBytes(from.headBytes, random, objects))
    return head === undefined ? undefined : 'was accepted'
  },
  async headContent(from, random) {
    const mutated = mutateJson(JSON.parse(Buffer.from(from.headBytes).toString()), random)
    if (!isEncodable(mutated)) return undefined
    const { checksum: _, ...members } = mutated
    const head = await from.readHead(encodeCheckedJson(members))
    const isSound = head === undefined || (Number.isSafeInteger(head.sequence) && Number.isFinite(head.checkedAt))
    return isSound ? undefined : 'was accepted'
  },
  async partBytes(from, random) {
    const { reference, bytes } = random.pick(from.parts)
    const mutated = mutateBytes(bytes, random, objects)
    const { fanout } = from.manifest
    return (await verdict(async () => decodePart(mutated, reference, fanout))) === 'refused'
      ? undefined
      : 'was accepted'
  },
  // Here the manifest vouches for the bytes, and only their form can be wrong.
  async partContent(from, random) {
    const { reference, bytes } = random.pick(from.parts)
    const { fanout } = from.manifest
    const plain = mutateBytes(zstdDecompressSync(bytes), random, objects)
    const stored = zstdCompressSync(plain)
    const vouched = {
      ...reference,
      plain: { digest: digestOf(plain), size: plain.byteLength },
      stored: { digest: digestOf(stored), size: stored.byteLength },
    }
    let again: string | undefined
    const outcome = await verdict(async () => {
      const { entries } = await decodePart(stored, vouched, fanout)
      again = entries.map((entry) => `${entryLine(entry)}\n`).join('')
    })
    if (outcome === 'refused' || again === withoutUnknownMembers(plain)) return undefined
    return 'was accepted, and is another one when written'
  },
  async bomb(from, random) {
    const { reference } = random.pick(from.parts)
    const bytes = random.pick(bombs)
    const stored = { digest: digestOf(bytes), size: bytes.byteLength }
    const outcomes = await Promise.all([
      verdict(async () => decodeManifest(bytes, place)),
      verdict(async () => decodePart(bytes, { ...reference, stored }, from.manifest.fanout)),
    ])
    return outcomes.includes('accepted') ? 'was accepted' : undefined
  },
}

for (const [name, attack] of Object.entries(await protectedAttacks())) {
  attacks[name] = async (_from, random) => attack(random, objects)
}

function plainOf(manifestBytes: Uint8Array): Uint8Array {
  return manifestBytes[0] === 0x28 ? zstdDecompressSync(manifestBytes) : manifestBytes
}

/** What a reader may make of lines: members beside `id`, `kind` and `value` are passed over, and nothing else is. */
function withoutUnknownMembers(plain: Uint8Array): string {
  const lines = Buffer.from(plain).toString().split('\n').slice(0, -1)
  return lines.map((line) => `${entryLine(JSON.parse(line))}\n`).join('')
}

function isEncodable(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  try {
    return canonicalJson({ ...value }) !== ''
  } catch {
    return false
  }
}

describe('mutated objects', () => {
  it(
    `${runs} of them, from seed ${firstSeed}, crash nothing, are not accepted, and take no memory`,
    async () => {
      const names = Object.keys(attacks).filter((name) => name !== 'bomb')
      let peakBytes = 0
      for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
        const random = seededRandom(seed)
        const name = seed % 1000 === 0 ? 'bomb' : random.pick(names)
        const problem = await attacks[name]?.(random.chance(0.9) ? small : large, random)
        expect(problem, `FUZZ_SEED=${seed} FUZZ=1: ${name}`).toBeUndefined()
        if (seed % 100 === 0) peakBytes = Math.max(peakBytes, process.memoryUsage().rss)
      }
      expect(peakBytes).toBeLessThan(1.5 * 2 ** 30)
      expect('polluted' in {}).toBe(false)
      if (process.env['FUZZ'] !== undefined) process.stdout.write(`peak ${Math.round(peakBytes / 2 ** 20)} MiB\n`)
    },
    600_000 + runs * 100,
  )
})
