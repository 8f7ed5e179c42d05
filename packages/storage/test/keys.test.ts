import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { compareKeys, memoryStorage } from '../src/index.ts'
import { collect } from './collect.ts'

const bytes = new Uint8Array([1])

describe('keys', () => {
  it.each([
    ['a'],
    ['a/b/c'],
    ['with space'],
    ['%2F'],
    ['a+b&c=d?e#f'],
    ['żółć/日本/😀'],
    ['.hidden/..name/...'],
    ['x'.repeat(900)],
  ])('may be %j', async (key) => {
    const adapter = memoryStorage()
    await adapter.put(key, bytes)
    expect(await collect(adapter.list(''))).toEqual([key])
  })

  it.each([
    [''],
    ['/a'],
    ['a/'],
    ['a//b'],
    ['.'],
    ['a/../b'],
    ['a/.'],
    ['a\\b'],
    ['a\0b'],
    ['a\nb'],
    ['a\u007F'],
    ['a\u0085'],
    ['a\uFFFE'],
    ['\uD800'],
    ['x'.repeat(901)],
    ['é'.repeat(451)],
  ])('may not be %j', async (key) => {
    const adapter = memoryStorage()
    for (const call of [() => adapter.get(key), () => adapter.put(key, bytes), () => adapter.delete(key)]) {
      await expect(call()).rejects.toMatchObject({ code: 'invalid-key', retryable: false })
    }
  })
})

describe('prefixes of listings', () => {
  it.each([[''], ['a'], ['a/'], ['a/b'], ['a/.'], ['a/..']])('may be %j', async (prefix) => {
    expect(await collect(memoryStorage().list(prefix))).toEqual([])
  })

  it.each([['/'], ['/a'], ['a//'], ['../'], ['a/./b'], ['a\\'], ['\uD800'], ['x'.repeat(901)]])(
    'may not be %j',
    async (prefix) => {
      await expect(collect(memoryStorage().list(prefix))).rejects.toMatchObject({ code: 'invalid-key' })
    },
  )
})

describe('compareKeys', () => {
  it('orders any two strings by their UTF-8 bytes', () => {
    const text = string({ unit: 'binary' })
    assert(
      property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
    )
  })

  it('puts an emoji after U+FF5E, where JavaScript has it before', () => {
    expect(['😀', '～'].sort(compareKeys)).toEqual(['～', '😀'])
    expect(['😀', '～'].sort()).toEqual(['😀', '～'])
  })
})
