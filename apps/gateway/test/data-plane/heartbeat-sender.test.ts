import '@outlast/virtual-time/at-once'
import type { Logger } from '@outlast/snapshot'
import { HandClock } from '@outlast/virtual-time'
import { describe, expect, it, onTestFinished } from 'vitest'

import { controlPlaneFromEnvironment, type ControlPlaneLink } from '../../src/config/control-plane-link.ts'
import { heartbeatSender } from '../../src/data-plane/heartbeat-sender.ts'
import type { HeartbeatReportsOptions } from '../../src/data-plane/heartbeat-reports.ts'
import { heartbeatOf } from '../control-plane/heartbeat-of.ts'

const [a, b] = ['http://a.test:7900', 'http://b.test:7900'] as const

function linkTo(...endpoints: readonly string[]): ControlPlaneLink {
  const link = controlPlaneFromEnvironment({ API7_CONTROL_PLANE_ENDPOINTS: endpoints.join() }, 'default')
  if (link === undefined) throw new Error('there is an address')
  return link
}

/** What a control plane answers: a status, or nothing at all. */
type Answer = number | 'unreachable' | 'silent'

function fleet(answers: Readonly<Record<string, Answer>>, options: Partial<HeartbeatReportsOptions> = {}) {
  const clock = new HandClock()
  const startedAt = clock.now()
  /** Where and when somebody tried. */
  const tried: (readonly [endpoint: string, at: number])[] = []
  const current: Record<string, Answer> = { ...answers }
  let open = 0
  const lines: string[] = []
  const log =
    (level: string) =>
    (_fields: object, message: string): void =>
      void lines.push(`${level}: ${message}`)
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  const sender = heartbeatSender({
    heartbeat: async () => heartbeatOf('some-node'),
    clock,
    random: () => 0.5,
    logger,
    open: (endpoint) => {
      open += 1
      return {
        send: async (_heartbeat, signal) => {
          tried.push([endpoint, clock.now() - startedAt])
          const answer = current[endpoint] ?? 'unreachable'
          if (answer === 'silent') {
            return new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(new Error('no answer')))
            })
          }
          if (answer === 'unreachable') throw new Error('refused')
          return answer
        },
        close: () => void (open -= 1),
      }
    },
    ...options,
  })
  onTestFinished(() => sender.stop())
  const timesAt = (endpoint: string) => tried.filter(([at]) => at === endpoint).map(([, time]) => time)
  return { clock, sender, tried, timesAt, lines, answer: current, openLines: () => open }
}

describe('heartbeats of a node', () => {
  it('are sent about every ten seconds, the first one soon', async () => {
    const { clock, sender, timesAt, lines } = fleet({ [a]: 204 })
    sender.reportTo(linkTo(a))
    await clock.turn(31_000)
    expect(timesAt(a)).toEqual([1_000, 11_000, 21_000, 31_000])
    expect(lines).toEqual([])
  })

  it.each([
    ['at the earliest', 0, 8_000],
    ['at the latest', 0.999_999, 12_000],
  ])('never come so late that two lost ones look like a lost connection (%s)', async (_when, random, expectedMs) => {
    const { clock, sender, timesAt } = fleet({ [a]: 204 }, { random: () => random })
    sender.reportTo(linkTo(a))
    await clock.turn(60_000)
    const gaps = timesAt(a).flatMap((at, n, all) => (n === 0 ? [] : [at - (all[n - 1] ?? 0)]))
    for (const gap of gaps) expect(gap).toBeCloseTo(expectedMs, -1)
    expect(gaps.length).toBeGreaterThan(3)
  })

  it('go to the first address that takes them, and stay there', async () => {
    const { clock, sender, tried, answer } = fleet({ [a]: 503, [b]: 204 })
    sender.reportTo(linkTo(a, b))
    await clock.turn(1_000)
    answer[a] = 204
    await clock.turn(10_000)
    answer[b] = 'unreachable'
    await clock.turn(10_000)
    expect(tried.map(([endpoint]) => endpoint)).toEqual([a, b, b, b, a])
  })

  it('leave an address alone for ten minutes that knows none, and say so once', async () => {
    const { clock, sender, timesAt, lines, answer } = fleet({ [a]: 404 })
    sender.reportTo(linkTo(a))
    await clock.turn(600_000)
    expect(timesAt(a)).toEqual([1_000])
    await clock.turn(11_000)
    expect(timesAt(a)).toEqual([1_000, 601_000])
    answer[a] = 204
    await clock.turn(620_000)
    expect(timesAt(a).slice(2)).toEqual([1_201_000, 1_211_000, 1_221_000, 1_231_000])
    expect(lines).toEqual(['info: this control plane takes no heartbeats; it does not list this node'])
  })

  it.each(['unreachable', 401, 429, 500] as const)('fail without a word above debug (%s)', async (failure) => {
    const { clock, sender, timesAt, lines } = fleet({ [a]: failure })
    sender.reportTo(linkTo(a))
    await clock.turn(100_000)
    expect(timesAt(a)).toHaveLength(10)
    expect(lines).toHaveLength(10)
    expect(lines.filter((line) => !line.startsWith('debug: '))).toEqual([])
  })

  it('end at once when the node stops, also one that waits for its answer', async () => {
    const { clock, sender, tried, openLines } = fleet({ [a]: 'silent' })
    sender.reportTo(linkTo(a))
    await clock.turn(1_000)
    expect([tried.length, openLines()]).toEqual([1, 1])
    sender.stop()
    await clock.turn(100_000)
    expect([tried.length, openLines(), clock.sleeping]).toEqual([1, 0, 0])
  })

  it('go elsewhere when the file says so, and on without a break when it says the same', async () => {
    const { clock, sender, tried, openLines } = fleet({ [a]: 204, [b]: 204 })
    sender.reportTo(linkTo(a))
    await clock.turn(5_000)
    sender.reportTo(linkTo(a))
    await clock.turn(6_000)
    sender.reportTo(linkTo(b))
    await clock.turn(11_000)
    sender.reportTo(undefined)
    await clock.turn(60_000)
    expect(tried).toEqual([
      [a, 1_000],
      [a, 11_000],
      [b, 12_000],
      [b, 22_000],
    ])
    expect([openLines(), clock.sleeping]).toEqual([0, 0])
  })

  it('read certificates again after a failure, and never while all is well', async () => {
    const { clock, sender, timesAt, openLines, answer } = fleet({ [a]: 204 })
    let reads = 0
    const read = () => {
      reads += 1
      return {}
    }
    sender.reportTo({ ...linkTo(a), tls: { named: {}, read } })
    await clock.turn(60_000)
    expect([timesAt(a).length, reads]).toEqual([6, 1])
    answer[a] = 401
    await clock.turn(10_000)
    expect([timesAt(a).length, reads, openLines()]).toEqual([7, 1, 0])
    answer[a] = 'unreachable'
    await clock.turn(10_000)
    expect([timesAt(a).length, reads, openLines()]).toEqual([8, 2, 0])
    answer[a] = 204
    await clock.turn(60_000)
    expect([timesAt(a).length, reads, openLines()]).toEqual([14, 3, 1])
  })

  it('survive a node that cannot say how it is, and certificates that cannot be read', async () => {
    let failing = true
    const { clock, sender, timesAt, lines } = fleet(
      { [a]: 204 },
      {
        heartbeat: async () => {
          if (failing) throw new Error('broken')
          return heartbeatOf('some-node')
        },
      },
    )
    sender.reportTo(linkTo(a))
    await clock.turn(2_000)
    failing = false
    await clock.turn(10_000)
    expect(timesAt(a)).toEqual([11_000])
    expect(lines).toEqual(['debug: a heartbeat was not delivered'])

    const link = controlPlaneFromEnvironment(
      { API7_CONTROL_PLANE_ENDPOINTS: b, API7_CONTROL_PLANE_CERT: '/nowhere/cert.pem' },
      'default',
    )
    const unreadable = fleet({ [b]: 204 })
    unreadable.sender.reportTo(link)
    await unreadable.clock.turn(2_000)
    expect(unreadable.tried).toEqual([])
    expect(unreadable.lines).toEqual(['debug: a heartbeat was not delivered'])
  })
})
