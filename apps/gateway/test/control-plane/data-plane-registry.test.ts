import { HandClock } from '@outlast/virtual-time'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { dataPlaneRegistry, type DataPlaneRegistry } from '../../src/control-plane/data-planes/data-plane-registry.ts'
import { dataPlanesMetric } from '../../src/control-plane/data-planes/data-planes-metric.ts'
import { prometheusText } from '../../src/metrics/prometheus-text.ts'
import { heartbeatOf } from './heartbeat-of.ts'

const secondMs = 1_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

function registry(limit?: number): {
  clock: HandClock
  known: DataPlaneRegistry
  note: (id: string, mode?: string) => void
} {
  const clock = new HandClock()
  const known = dataPlaneRegistry({ clock, limit })
  const note = (id: string, mode = 'live'): void =>
    known.note({ group: 'default', address: '192.0.2.1', heartbeat: heartbeatOf(id, { mode }) })
  return { clock, known, note }
}

const idsOf = (known: DataPlaneRegistry): readonly string[] => known.list().map(({ id }) => id)

describe('the list of data planes', () => {
  it.each([
    ['live', 0, 'healthy'],
    ['holding', 0, 'only-heartbeat'],
    ['standalone', 0, 'only-heartbeat'],
    ['starting', 0, 'only-heartbeat'],
    ['a-mode-of-later', 0, 'only-heartbeat'],
    ['live', 30 * secondMs - 1, 'healthy'],
    ['live', 30 * secondMs, 'lost-connection'],
    ['holding', 30 * secondMs, 'lost-connection'],
    ['live', 2 * hourMs - 1, 'lost-connection'],
    ['live', 2 * hourMs, 'offline'],
    ['live', 7 * dayMs - 1, 'offline'],
    ['live', 7 * dayMs, undefined],
  ])('calls one that was %s and then silent for %i ms %s', (mode, silentMs, state) => {
    const { clock, known, note } = registry()
    note('node', mode)
    clock.set(clock.now() + silentMs)
    expect(known.list().map((instance) => instance.state)).toEqual(state === undefined ? [] : [state])
  })

  it('takes the newest word of each, and knows it again when it is back', () => {
    const { clock, known, note } = registry()
    note('node')
    clock.set(clock.now() + 3 * hourMs)
    note('node', 'holding')
    expect(known.list()).toEqual([
      {
        ...heartbeatOf('node', { mode: 'holding' }),
        group: 'default',
        address: '192.0.2.1',
        lastHeartbeat: clock.now(),
        state: 'only-heartbeat',
      },
    ])
  })

  it('forgets first who was silent longest, and never holds more than it may', () => {
    const step = fc.record({ id: fc.integer({ min: 0, max: 12 }), afterMs: fc.integer({ min: 0, max: 2 * dayMs }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { clock, known, note } = registry(5)
        const lastOf = new Map<string, number>()
        for (const { id, afterMs } of steps) {
          clock.set(clock.now() + afterMs)
          note(`node-${id}`)
          lastOf.delete(`node-${id}`)
          lastOf.set(`node-${id}`, clock.now())
        }
        const expected = [...lastOf].slice(-5).filter(([, at]) => clock.now() - at < 7 * dayMs)
        expect(idsOf(known)).toEqual(expected.map(([id]) => id))
      }),
    )
  })

  it('lets no gateway group push out those of another', () => {
    const { clock, known, note } = registry(10)
    for (const id of ['a', 'b', 'c']) note(id)
    for (let n = 0; n < 100; n += 1) {
      clock.set(clock.now() + 1)
      known.note({ group: 'edge', address: '192.0.2.2', heartbeat: heartbeatOf(`edge-${n}`) })
    }
    expect(idsOf(known)).toEqual(['a', 'b', 'c', ...Array.from({ length: 7 }, (_none, n) => `edge-${93 + n}`)])
  })

  it('takes over what was kept, except what has reported since', () => {
    const before = registry()
    before.note('old')
    before.note('both', 'holding')
    const after = registry()
    after.clock.set(after.clock.now() + 60_000)
    after.note('both')
    after.known.restore(before.known.records())
    const states = after.known.list().map(({ id, mode, state }) => [id, mode, state])
    expect(states).toEqual([
      ['old', 'live', 'lost-connection'],
      ['both', 'live', 'healthy'],
    ])
  })

  it('takes nobody for alive until a time that a wrong clock had written down', () => {
    const before = registry()
    before.clock.set(before.clock.now() + 30 * dayMs)
    before.note('some-node')
    const after = registry()
    after.known.restore(before.known.records())
    after.clock.set(after.clock.now() + 30 * secondMs)
    expect(after.known.list()).toMatchObject([{ state: 'lost-connection' }])
  })

  it('is counted by group and state', () => {
    const { clock, known, note } = registry()
    note('lost')
    clock.set(clock.now() + 60_000)
    note('one')
    note('two')
    known.note({ group: 'edge', address: '192.0.2.2', heartbeat: heartbeatOf('three', { mode: 'holding' }) })
    const lines = prometheusText([dataPlanesMetric(known.list())]).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'outlast_data_planes{gateway_group="default",state="healthy"} 2',
        'outlast_data_planes{gateway_group="default",state="lost-connection"} 1',
        'outlast_data_planes{gateway_group="default",state="offline"} 0',
        'outlast_data_planes{gateway_group="edge",state="only-heartbeat"} 1',
      ]),
    )
  })
})
