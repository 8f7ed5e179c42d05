import '@outlast/virtual-time/at-once'
import { EventEmitter } from 'node:events'
import { HandClock } from '@outlast/virtual-time'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { frameWriter } from '../../src/control-plane/etcd-api/frame-writer.ts'

/** A connection whose reader takes what it is given when the test says so. */
class Reader extends EventEmitter {
  destroyed = false
  received = ''
  waiting = 0
  pieces = 0
  takesAtOnce = false

  write(piece: string): boolean {
    this.received += piece
    this.waiting += piece.length
    this.pieces += 1
    return this.takesAtOnce
  }

  take(): void {
    this.waiting = 0
    this.emit('drain')
  }

  destroy(): this {
    this.destroyed = true
    this.emit('close')
    return this
  }
}

function writer() {
  const clock = new HandClock()
  const reader = new Reader()
  let stalls = 0
  const onStalled = (): void => void (stalls += 1)
  const frames = frameWriter({ response: reader, clock, stalledAfterMs: 30_000, onStalled })
  return { clock, reader, frames, stalls: () => stalls }
}

describe('frames of a watch', () => {
  it('reach a slow reader whole, however long it takes, as long as it takes something now and then', async () => {
    const { clock, reader, frames, stalls } = writer()
    const frame = 'x'.repeat(1_000_000)
    const written = frames.write(frame)
    const pieces = Math.ceil(frame.length / (64 * 1024))
    let mostWaiting = 0
    for (let taken = 0; taken < pieces; taken += 1) {
      await clock.turn(29_999)
      mostWaiting = Math.max(mostWaiting, reader.waiting)
      reader.take()
      await clock.turn(0)
    }
    await written
    expect(reader.received).toBe(`${frame}\n`)
    expect(mostWaiting).toBeLessThanOrEqual(64 * 1024)
    expect(stalls()).toBe(0)
    expect([clock.sleeping, reader.listenerCount('drain'), reader.listenerCount('close')]).toEqual([0, 0, 0])
  })

  it('are no longer written to a reader that takes nothing: it is cut, and so is what waited for it', async () => {
    const { clock, reader, frames, stalls } = writer()
    const written = Promise.all([frames.write('x'.repeat(200_000)), frames.write('second')])
    await clock.turn(29_999)
    expect([reader.destroyed, stalls()]).toEqual([false, 0])
    await clock.turn(1)
    await written
    expect([reader.destroyed, stalls()]).toEqual([true, 1])
    expect(reader.received).toHaveLength(64 * 1024)
    expect([clock.sleeping, reader.listenerCount('drain'), reader.listenerCount('close')]).toEqual([0, 0, 0])
  })

  it('are put together from their parts, in pieces that are full but for the last', async () => {
    const part = fc.oneof(
      fc.string({ maxLength: 10, unit: 'grapheme-ascii' }),
      fc.nat(200_000).map((n) => 'x'.repeat(n)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const { reader, frames } = writer()
        reader.takesAtOnce = true
        await frames.write(...parts)
        expect(reader.received).toBe(`${parts.join('')}\n`)
        expect(reader.pieces).toBe(Math.ceil(reader.received.length / (64 * 1024)))
      }),
    )
  })

  it('keep their order, each on a line of its own', async () => {
    const { clock, reader, frames } = writer()
    const written = Promise.all(['{"a":1}', '{"b":2}', '{"c":3}'].map((frame) => frames.write(frame)))
    for (let n = 0; n < 3; n += 1) {
      await clock.turn(0)
      reader.take()
    }
    await written
    expect(reader.received).toBe('{"a":1}\n{"b":2}\n{"c":3}\n')
  })
})
