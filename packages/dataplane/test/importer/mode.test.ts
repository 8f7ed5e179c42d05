import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextMode, type DataPlaneMode, type ModeEvent } from '../../src/importer/mode.ts'

const events: readonly ModeEvent[] = ['live-taken', 'snapshot-taken', 'live-lost', 'live-refused', 'live-removed']
const modes: readonly DataPlaneMode[] = ['starting', 'live', 'holding', 'standalone']

describe('the mode', () => {
  it('goes the whole way round: starting, live, holding, standalone, live', () => {
    let mode: DataPlaneMode = 'starting'
    const passed = (['live-taken', 'live-lost', 'snapshot-taken', 'live-taken'] as const).map((event) => {
      mode = nextMode(mode, event)
      return mode
    })
    expect(passed).toEqual(['live', 'holding', 'standalone', 'live'])
  })

  it('never returns to starting, and leaves it only when something took effect', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events)), (sequence) => {
        let mode: DataPlaneMode = 'starting'
        let taken = false
        for (const event of sequence) {
          taken ||= event === 'live-taken' || event === 'snapshot-taken'
          mode = nextMode(mode, event)
          expect(mode === 'starting').toBe(!taken)
        }
      }),
    )
  })

  it('is live exactly while the newest thing that happened is that the control plane was taken', () => {
    fc.assert(
      fc.property(fc.constantFrom(...modes), fc.constantFrom(...events), (mode, event) => {
        expect(nextMode(mode, event) === 'live').toBe(event === 'live-taken')
      }),
    )
  })
})
