import { PassThrough, Readable } from 'node:stream'
import { array, assert, asyncProperty, nat, string } from 'fast-check'
import { expect, it } from 'vitest'
import { frameReader } from '../src/frame-reader.ts'

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

it('yields the same frames however the bytes are cut', async () => {
  await assert(
    asyncProperty(array(string({ unit: 'grapheme' })), array(nat(200)), async (texts, cuts) => {
      const frames = texts.map((text) => ({ text }))
      const bytes = Buffer.from(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''))
      const stream = new PassThrough()
      const reader = frameReader(stream, asError)
      const positions = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
      for (const [index, position] of positions.entries()) stream.write(bytes.subarray(position, positions[index + 1]))

      const read = []
      for (let count = 0; count < frames.length; count++) read.push(await reader.next(10_000))
      expect(read).toStrictEqual(frames)
      stream.destroy()
    }),
  )
})

it('says silent when nothing comes, and rejects when the stream ends, after the frames before the end', async () => {
  const stream = new PassThrough()
  const reader = frameReader(stream, asError)
  expect(await reader.next(1)).toBe('silent')
  stream.end('{"last":true}\n{"torn":')
  expect(await reader.next(10_000)).toStrictEqual({ last: true })
  await expect(reader.next(10_000)).rejects.toThrow('ended')
})

it.each([
  ['many', 1_000, 10],
  ['large', 40, 500_000],
])('reads no more ahead than little when frames are %s', async (_, count, length) => {
  const frames = Array.from({ length: count }, () => ({ text: 'x'.repeat(length) }))
  let sent = 0
  const stream = Readable.from(
    (function* () {
      for (const frame of frames) {
        sent += 1
        yield Buffer.from(`${JSON.stringify(frame)}\n`)
      }
    })(),
    { objectMode: false },
  )
  const reader = frameReader(stream, asError)
  await expect.poll(() => stream.isPaused()).toBe(true)
  expect(sent).toBeLessThan(count / 2)
  for (const frame of frames) expect(await reader.next(10_000)).toStrictEqual(frame)
  await expect(reader.next(10_000)).rejects.toThrow('ended')
})

it('rejects a line that is no JSON object', async () => {
  const stream = new PassThrough()
  const reader = frameReader(stream, asError)
  stream.write('<html>\n')
  await expect(reader.next(10_000)).rejects.toMatchObject({ code: 'invalid-response' })
  stream.destroy()
})
