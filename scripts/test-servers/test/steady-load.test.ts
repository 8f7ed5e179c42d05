import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startHttpUpstream } from '../src/http-upstream.ts'
import { startSteadyLoad } from '../src/steady-load.ts'

describe('steady load', () => {
  it('counts every request of a healthy server as correct', async () => {
    const upstream = await startHttpUpstream()
    const load = startSteadyLoad({ url: `${upstream.url}/ip`, expect: (_status, body) => body.includes('127.0.0.1') })
    await delay(300)
    const result = await load.stop()
    expect(result.sent).toBeGreaterThan(10)
    expect(result).toMatchObject({ sent: upstream.requestCount(), correct: result.sent, failures: [] })
    await upstream.stop()
  })

  it('counts wrong answers, lost connections and answers that never come as failures, on kept and new connections', async () => {
    const upstream = await startHttpUpstream()
    const wrong = startSteadyLoad({ url: `${upstream.url}/status/503` })
    const late = startSteadyLoad({ url: `${upstream.url}/delay/60000`, deadlineMs: 100 })
    await delay(200)
    const [wrongResult, lateResult] = await Promise.all([wrong.stop(), late.stop()])
    expect(wrongResult.correct + lateResult.correct).toBe(0)
    expect(wrongResult.failures).toHaveLength(wrongResult.sent)
    expect(new Set(wrongResult.failures.map(({ status }) => status))).toEqual(new Set([503]))
    expect(new Set(wrongResult.failures.map(({ connection }) => connection))).toEqual(new Set(['kept', 'new']))
    expect(lateResult.failures).toHaveLength(lateResult.sent)
    expect(new Set(lateResult.failures.map(({ error }) => error))).toEqual(new Set(['DEADLINE']))

    const lost = startSteadyLoad({ url: `${upstream.url}/ip` })
    while (lost.counts().correct === 0) await delay(5)
    await upstream.stop()
    await delay(200)
    const lostResult = await lost.stop()
    expect(lostResult.correct).toBeGreaterThan(0)
    expect(lostResult.failures.some(({ error }) => error === 'ECONNREFUSED')).toBe(true)
    expect(lostResult.correct + lostResult.failures.length).toBe(lostResult.sent)
    expect(lostResult.longestGapMs).toBeGreaterThan(100)
  })

  it('tells of a failure when its request was given to a connection, however long it had waited for one', async () => {
    const upstream = await startHttpUpstream()
    const load = startSteadyLoad({ url: `${upstream.url}/delay/1000`, ratePerSecond: 400 })
    // Half of them are for eight kept connections, whose first requests are answered after a second.
    while (load.counts().sent < 50) await delay(1)
    const allDueAt = Date.now()
    while (load.counts().correct === 0) await delay(1)
    await upstream.stop()
    const { failures } = await load.stop()
    const kept = failures.filter(({ connection }) => connection === 'kept')
    expect(kept.length).toBeGreaterThan(10)
    expect(kept.filter(({ at }) => at < allDueAt).length).toBeLessThanOrEqual(8)
  })
})
