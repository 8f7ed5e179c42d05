import { describe, expect, it } from 'vitest'
import { untilAborted } from '../src/until-aborted.ts'

describe('waiting until a signal is aborted', () => {
  it('gives the result, or the failure, of what is waited for', async () => {
    const { signal } = new AbortController()
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1)
    expect(await untilAborted(Promise.resolve(1), undefined)).toBe(1)
    await expect(untilAborted(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed')
  })

  it('ends with the reason of the signal, whatever becomes of what was waited for', async () => {
    const stop = new AbortController()
    const slow = Promise.withResolvers<never>()
    const waiting = untilAborted(slow.promise, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    // A failure that comes later, or came before, is nobody's any more: it must not be an unhandled rejection.
    slow.reject(new Error('failed'))
    await expect(untilAborted(Promise.reject(new Error('failed')), stop.signal)).rejects.toThrow('stopped')
  })
})
