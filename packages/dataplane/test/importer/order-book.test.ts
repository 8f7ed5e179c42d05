import '@outlast/virtual-time/at-once'
import assert from 'node:assert/strict'
import { HandClock } from '@outlast/virtual-time'
import { silentLogger } from '@outlast/snapshot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OrderBook } from '../../src/importer/order-book.ts'
import { ordersNote, type Orders } from '../../src/importer/orders.ts'

const by = { actor: 'ada', reason: 'INC-7', at: 1 }
const frozen = { ...by, digest: 'sha256:abc' }

describe('orders on a disk that cannot be read', () => {
  let clock: HandClock
  let end: AbortController
  let text: string
  let failure: Error | undefined
  let reads: number
  let book: OrderBook

  beforeEach(async () => {
    clock = new HandClock()
    end = new AbortController()
    text = ordersNote.format({ frozen })
    failure = new Error('EIO')
    reads = 0
    book = new OrderBook({
      note: {
        read: async () => {
          if (failure !== undefined) throw failure
          return text
        },
        write: async (next) => {
          if (failure !== undefined) throw failure
          text = next
        },
      },
      clock,
      logger: silentLogger,
      signal: end.signal,
      onRead: () => {
        reads += 1
      },
    })
    await book.load()
  })
  afterEach(() => {
    end.abort()
    assert.equal(clock.sleeping, 0)
  })
  const onDisk = (): Orders => JSON.parse(text)

  it('are obeyed as soon as it can be read', async () => {
    expect(book.orders).toEqual({})
    expect(book.failure?.message).toBe('EIO')
    await clock.turn(3_600_000)
    failure = undefined
    await clock.turn(10_000)
    expect(book.orders).toMatchObject({ frozen })
    expect(book.failure).toBeUndefined()
    expect(reads).toBe(1)
  })

  it('are not lost to what is ordered before it can be read, and do not undo that', async () => {
    expect(await book.replace({ ...book.orders, standalone: by })).toBe(false)
    expect(await book.replace({ ...book.orders, frozen: undefined })).toBe(false)
    expect(onDisk()).toMatchObject({ frozen })
    failure = undefined
    await clock.turn(10_000)
    expect(book.orders).toMatchObject({ standalone: by, frozen: undefined })
    expect(onDisk()).toEqual({ format: 1, standalone: by })
  })

  it('are read by what is ordered next, when it can be read by then', async () => {
    failure = undefined
    expect(await book.replace({ ...book.orders, standalone: by })).toBe(true)
    expect(onDisk()).toEqual({ format: 1, frozen, standalone: by })
    expect(book.orders).toMatchObject({ frozen, standalone: by })
    await clock.turn(10_000)
    expect(onDisk()).toEqual({ format: 1, frozen, standalone: by })
  })
})

describe('orders that cannot be understood', () => {
  it.each(['', 'rotten', '{"format":2,"frozen":{}}', '{"format":1,"frozen":{"actor":"ada"}}'])(
    'are passed over, and make room for the next: %j',
    async (damaged) => {
      let text = damaged
      const note = {
        read: async () => text,
        write: async (next: string) => {
          text = next
        },
      }
      const { signal } = new AbortController()
      const book = new OrderBook({ note, clock: new HandClock(), logger: silentLogger, signal, onRead: () => {} })
      await book.load()
      expect(book.orders).toEqual({})
      expect(book.failure).toBeDefined()
      expect(await book.replace({ standalone: by })).toBe(true)
      expect(JSON.parse(text)).toEqual({ format: 1, standalone: by })
      expect(book.failure).toBeUndefined()
    },
  )

  it('in part are obeyed as far as they are known: a newer build may have added to them', async () => {
    const note = {
      read: async () => JSON.stringify({ format: 1, frozen: { ...frozen, until: 5 }, later: {} }),
      write: async () => {},
    }
    const { signal } = new AbortController()
    const book = new OrderBook({ note, clock: new HandClock(), logger: silentLogger, signal, onRead: () => {} })
    await book.load()
    expect(book.orders).toMatchObject({ frozen })
    expect(book.failure).toBeUndefined()
  })
})
