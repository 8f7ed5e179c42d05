import assert from 'node:assert/strict'

import type { CheckGroup } from '../check-group.ts'
import { expectObject } from '../expectations.ts'
import { sampleBytes, text } from '../sample-bytes.ts'

const bodies: ReadonlyArray<readonly [string, Uint8Array]> = [
  ['no bytes', new Uint8Array()],
  ['one byte', new Uint8Array([0])],
  ['every byte value', Uint8Array.from({ length: 256 }, (_value, index) => index)],
  ['line ends of all kinds', text('a\r\nb\nc\rd\0\uFEFF')],
  ['1 MiB', sampleBytes(2 ** 20)],
]

export const roundTrip: CheckGroup = {
  name: 'round trip',
  declare(check) {
    for (const [what, body] of bodies) {
      check(`gives back ${what} unchanged`, async (adapter) => {
        await adapter.put('key', body)
        expectObject(await adapter.get('key'), body)
      })
    }

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

    check('gives the etag of put with get', async (adapter) => {
      const etag = await adapter.put('key', text('a'))
      const object = await adapter.get('key')
      expectObject(object, text('a'))
      assert.equal(object.etag, etag)
    })

    check('has a name for logs', async (adapter) => {
      assert.equal(typeof adapter.name, 'string')
      assert.notEqual(adapter.name, '')
    })
  },
}
