import assert from 'node:assert/strict'

import type { CheckGroup } from '../check-group.ts'
import { expectObject } from '../expectations.ts'
import { sampleBytes, text } from '../sample-bytes.ts'

export interface RoundTripOptions {
  readonly largestBodyBytes: number
}

const mebibyte = 2 ** 20

const bodies: ReadonlyArray<readonly [string, () => Uint8Array]> = [
  ['no bytes', () => new Uint8Array()],
  ['one byte', () => new Uint8Array([0])],
  ['every byte value', () => Uint8Array.from({ length: 256 }, (_value, index) => index)],
  ['line ends of all kinds', () => text('a\r\nb\nc\rd\0\uFEFF')],
  ['1 MiB', () => sampleBytes(mebibyte)],
]

export function roundTrip({ largestBodyBytes }: RoundTripOptions): CheckGroup {
  const largest = [`${largestBodyBytes / mebibyte} MiB`, () => sampleBytes(largestBodyBytes)] as const
  return {
    name: 'round trip',
    declare(check) {
      for (const [what, makeBody] of largestBodyBytes > mebibyte ? [...bodies, largest] : bodies) {
        check(`gives back ${what} unchanged, with the etag of put`, async (adapter) => {
          const body = makeBody()
          const etag = await adapter.put('key', body)
          const object = await adapter.get('key')
          expectObject(object, body)
          assert.equal(object.etag, etag)
        })
      }

      check('gives back what is as long as a buffer, or a little longer or shorter', async (adapter) => {
        for (const length of [16, 64, 128].flatMap((kibibytes) => [-1, 0, 1].map((more) => kibibytes * 1024 + more))) {
          await adapter.put(`of/${length}`, sampleBytes(length))
          expectObject(await adapter.get(`of/${length}`), sampleBytes(length))
        }
      })

      check('answers undefined for a key that was never written', async (adapter) => {
        assert.equal(await adapter.get('absent'), undefined)
        assert.equal(await adapter.get('absent/deep/down'), undefined)
      })

      check('answers undefined for a key that only others start with', async (adapter) => {
        await adapter.put('folder/key', text('a'))
        assert.equal(await adapter.get('folder'), undefined)
        assert.equal(await adapter.get('folder/k'), undefined)
        assert.equal(await adapter.get('folder/key/below'), undefined)
      })

      check('has a name for logs', async (adapter) => {
        assert.equal(typeof adapter.name, 'string')
        assert.notEqual(adapter.name, '')
      })
    },
  }
}
