import '@outlast/virtual-time/at-once'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { settled } from '@outlast/virtual-time'
import { describe, expect, it } from 'vitest'

const bytes = Buffer.from('much of the same '.repeat(10_000))

/** What has been done when all has come to rest. */
async function doneOf(work: () => Promise<unknown>): Promise<unknown> {
  let done: unknown = 'nothing'
  void work().then(
    (result) => (done = result),
    (error: unknown) => (done = error),
  )
  await settled()
  return done
}

describe('what has settled', () => {
  it('has been compressed and decompressed', async () => {
    const options = { maxOutputLength: bytes.length }
    const zstd = async () => promisify(zlib.zstdDecompress)(await promisify(zlib.zstdCompress)(bytes), options)
    expect(await doneOf(zstd)).toEqual(bytes)
    const gzip = async () => promisify(zlib.gunzip)(await promisify(zlib.gzip)(bytes))
    expect(await doneOf(gzip)).toEqual(bytes)
    expect(Object(await doneOf(async () => promisify(zlib.gzip)(bytes))).length).toBeLessThan(bytes.length / 100)
  })

  it('has failed to decompress what is damaged, or too long', async () => {
    const compressed = zlib.zstdCompressSync(bytes)
    const options = { maxOutputLength: bytes.length - 1 }
    expect(await doneOf(async () => promisify(zlib.zstdDecompress)(compressed.subarray(1)))).toBeInstanceOf(Error)
    expect(await doneOf(async () => promisify(zlib.zstdDecompress)(compressed, options))).toBeInstanceOf(RangeError)
  })

  it('has taken every break, however many, and whoever takes them beside it', async () => {
    const takeBreaks = async (count: number): Promise<number> => {
      for (let taken = 0; taken < count; taken++) {
        await nextTurn()
        await Promise.resolve()
      }
      return count
    }
    void takeBreaks(500)
    expect(await doneOf(async () => takeBreaks(1_000))).toBe(1_000)
  })

  it('has written and read its files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outlast-virtual-time-'))
    try {
      const roundTrip = async (): Promise<string> => {
        const file = await open(join(folder, 'file'), 'w+')
        for (let piece = 0; piece < 20; piece++) await file.appendFile(String(piece % 10))
        await file.sync()
        const { buffer } = await file.read(Buffer.alloc(20), 0, 20, 0)
        await file.close()
        return String(buffer)
      }
      expect(await doneOf(roundTrip)).toBe('01234567890123456789')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('still waits for whatever waits for time', async () => {
    expect(await doneOf(async () => new Promise((resolve) => setTimeout(resolve, 3_600_000).unref()))).toBe('nothing')
  })
})

it('work in slices sees no time go by', () => {
  const before = performance.now()
  const end = globalThis.performance.now() + 2
  while (globalThis.performance.now() < end);
  expect(performance.now()).toBe(before)
})

it('a break ends with the reason of its signal', async () => {
  await expect(nextTurn(undefined, { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
  expect(await nextTurn('value')).toBe('value')
  // And is no longer waited for.
  await settled()
})
