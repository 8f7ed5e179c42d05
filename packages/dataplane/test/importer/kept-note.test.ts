import '@outlast/virtual-time/at-once'
import assert from 'node:assert/strict'
import { HandClock, settled } from '@outlast/virtual-time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeptNote } from '../../src/importer/kept-note.ts'

describe('a note that is kept true', () => {
  let clock: HandClock
  let end: AbortController
  let truth: string
  let onDisk: string[]
  let failure: Error | undefined
  /** Writes that wait to be let through, oldest first; `undefined` when none has to. */
  let held: PromiseWithResolvers<void>[] | undefined
  let log: string[]
  let kept: KeptNote

  beforeEach(() => {
    clock = new HandClock()
    end = new AbortController()
    truth = 'one'
    onDisk = []
    failure = undefined
    held = undefined
    log = []
    const say = (level: string) => (_fields: object, message: string) => void log.push(`${level}: ${message}`)
    kept = new KeptNote({
      note: {
        read: async () => {
          if (failure !== undefined) throw failure
          return onDisk.at(-1)
        },
        write: async (text) => {
          if (held !== undefined) {
            const turn = Promise.withResolvers<void>()
            held.push(turn)
            await turn.promise
          }
          if (failure !== undefined) throw failure
          onDisk.push(text)
        },
      },
      text: () => truth,
      deadlineMs: 1_000,
      clock,
      logger: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      signal: end.signal,
      consequence: 'it would be forgotten',
    })
  })
  afterEach(() => {
    end.abort()
    assert.equal(clock.sleeping, 0)
  })

  it('is written with what is true when its turn comes', async () => {
    const saved = [kept.save(), kept.save()]
    truth = 'two'
    expect(await Promise.all(saved)).toEqual([true, true])
    expect(onDisk).toEqual(['two', 'two'])
  })

  it('is written as soon as the disk lets it, with what is true by then, and the log says both once', async () => {
    failure = new Error('ENOSPC')
    expect(await kept.save()).toBe(false)
    await clock.turn(600_000)
    expect(kept.failure).toEqual({ at: expect.toSatisfy((at) => clock.now() - at < 10_000), message: 'ENOSPC' })
    truth = 'two'
    failure = undefined
    await clock.turn(10_000)
    expect(onDisk).toEqual(['two'])
    expect(kept.failure).toBeUndefined()
    await clock.turn(600_000)
    expect(onDisk).toEqual(['two'])
    expect(log).toEqual(['warn: it would be forgotten', 'info: no longer: it would be forgotten'])
  })

  it('never has two writes at a time, and a late one is not the last', async () => {
    held = []
    const first = kept.save()
    await clock.turn(1_000)
    expect(await first).toBe(false)
    truth = 'two'
    // It has been tried again all the while.
    await clock.turn(60_000)
    expect(held).toHaveLength(1)
    const waiting = held
    held = undefined
    waiting[0]?.resolve()
    await settled()
    expect(onDisk[0]).toBe('one')
    await clock.turn(10_000)
    expect(onDisk).toEqual(['one', 'two'])
    expect(kept.failure).toBeUndefined()
  })

  it('tells why it could not be read, or understood', async () => {
    expect(await kept.read(JSON.parse)).toBeUndefined()
    onDisk = ['rotten']
    await expect(kept.read(JSON.parse)).rejects.toThrow(SyntaxError)
    expect(kept.failure?.message).toContain('rotten')
    failure = new Error('EIO')
    await expect(kept.read(JSON.parse)).rejects.toThrow('EIO')
    expect(kept.failure?.message).toBe('EIO')
  })
})
