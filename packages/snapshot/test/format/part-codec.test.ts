import { describe, expect, it } from 'vitest'
import { compress, type Codec } from '../../src/format/compression.ts'
import { digestOf } from '../../src/format/digest.ts'
import type { Entry } from '../../src/entries/entry.ts'
import { canonicalJson } from '../../src/entries/canonical-json.ts'
import { entryDigest } from '../../src/format/entry-digest.ts'
import { entryLine } from '../../src/format/entry-line.ts'
import { decodePart } from '../../src/format/part-codec.ts'
import { bucketOf } from '../../src/entries/fan-out.ts'
import { route } from '../publish.ts'

/** What a publisher that does not keep the rules could store, with digests that match. */
async function decode(text: string | Uint8Array, options: { codec?: Codec; fanout?: number; count?: number } = {}) {
  const { codec = 'zst', fanout = 1 } = options
  const plain = Buffer.from(text)
  const stored = await compress(plain, codec)
  const reference = {
    bucket: 0,
    key: `parts/x/0.${codec}`,
    stored: { digest: digestOf(stored), size: stored.byteLength },
    plain: { digest: digestOf(plain), size: plain.byteLength },
    count: options.count ?? 2,
  }
  return decodePart(stored, reference, fanout)
}

function lines(...entries: Entry[]): string {
  return entries.map((entry) => `${entryLine(entry)}\n`).join('')
}

describe('decodePart', () => {
  it.each(['zst', 'gz'] as const)('reads parts that are compressed as %s', async (codec) => {
    expect((await decode(lines(route(1), route(2)), { codec })).entries).toEqual([route(1), route(2)])
  })

  it('tells the digest of each entry, whatever else stands in its line', async () => {
    const more = `${canonicalJson({ id: '2', kind: 'routes', since: 'a later version', value: 1 })}\n`
    const { entries, digests } = await decode(lines(route(1)) + more)
    expect(entries).toEqual([route(1), { kind: 'routes', id: '2', value: 1 }])
    expect(digests).toEqual(entries.map(entryDigest))
    expect(new Set(digests).size).toBe(2)
  })

  const outside = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((id) => bucketOf(`routes/${id}`, 4) !== 0) ?? 0
  it.each([
    ['is not sorted', lines(route(2), route(1)), {}],
    ['holds an entry twice', lines(route(1), route(1)), {}],
    ['holds more entries than promised', lines(route(1), route(2)), { count: 1 }],
    ['holds an entry of another bucket', lines(route(outside)), { count: 1, fanout: 4 }],
    ['does not end with a line feed', lines(route(1), route(2)).trimEnd(), {}],
    ['has a blank line', `\n${lines(route(1))}`, {}],
    ['holds a line that is not canonical', `{"kind":"a","id":"b","value":1}\n`, { count: 1 }],
    ['holds a line that is no entry', `{"id":"b","kind":"a"}\n`, { count: 1 }],
    ['holds a line that is an array', `[]\n`, { count: 1 }],
    ['holds a kind with a slash', `{"id":"b","kind":"a/b","value":1}\n`, { count: 1 }],
    ['is no UTF-8', Uint8Array.of(0xff, 0x0a), { count: 1 }],
    ['starts with a byte order mark', `\ufeff${lines(route(1))}`, { count: 1 }],
    ['is nested too deeply', `{"id":"b","kind":"a","value":${'['.repeat(2000)}${']'.repeat(2000)}}\n`, { count: 1 }],
  ])('refuses a part that %s', async (_name, text, options) => {
    await expect(decode(text, options)).rejects.toMatchObject({ code: 'damaged' })
  })

  it('does not unpack more than the manifest promises', async () => {
    const bomb = Buffer.alloc(50_000_000)
    const stored = await compress(bomb, 'zst')
    const reference = {
      bucket: 0,
      key: 'parts/x/0.zst',
      stored: { digest: digestOf(stored), size: stored.byteLength },
      plain: { digest: digestOf(''), size: 100 },
      count: 1,
    }
    await expect(decodePart(stored, reference, 1)).rejects.toMatchObject({ code: 'damaged' })
  })
})
