import '@outlast/virtual-time/at-once'
import { comparePositions, type ConfigSource, type Position } from '@outlast/snapshot'
import { settled } from '@outlast/virtual-time'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publish, route, World } from './world.ts'

const controlPlanes = ['up', 'down', 'black hole', 'empty'] as const
const stores = ['up', 'down', 'black hole'] as const
type ControlPlaneState = (typeof controlPlanes)[number]
type StoreState = (typeof stores)[number]

interface Step {
  readonly controlPlane: ControlPlaneState | undefined
  readonly store: StoreState | undefined
  /** Somebody changes the configuration. */
  readonly isChange: boolean
  /** An exporter of its own that can still read what the control plane holds. */
  readonly isExport: boolean
  readonly isRestart: boolean
  readonly thenMs: number
}

const jitterMs = 5_000
/** What a source waits at most until it tries again, a little spread. */
const retryMs = 11_000
/** A load that is not answered is given up after a minute. */
const blackHoleMs = 60_000

/** A control plane, a store and a node, pushed around, and what they went through. */
class Weather {
  readonly world = new World()
  controlPlane: ControlPlaneState = 'up'
  revision = 100
  exported = 0
  /** How often something has changed that may change the mode. */
  reasons = 0
  /** Somebody may wait so long for an answer to what was asked in a black hole. */
  silentUntil = 0
  readonly #shares: readonly number[]
  #share = 0

  constructor(shares: readonly number[]) {
    this.#shares = shares
    this.#tell()
  }

  /** The same source, but sometimes it does not answer. */
  readonly #live: ConfigSource = {
    name: 'control plane',
    load: async (options) =>
      this.controlPlane === 'black hole' ? new Promise(() => {}) : this.world.live.load(options),
    watch: (from) => this.#watch(from),
  }

  #watch(from: Parameters<NonNullable<ConfigSource['watch']>>[0]): ReturnType<NonNullable<ConfigSource['watch']>> {
    const { live } = this.world
    if (live.watch === undefined) throw new Error('a source in memory can be watched')
    return live.watch(from)
  }

  get content(): string {
    return `routes/a=${this.revision}`
  }

  async start(): Promise<void> {
    this.reasons++
    const random = (): number => this.#shares[this.#share++ % this.#shares.length] ?? 0
    this.world.start({ live: this.#live, returnJitterMs: jitterMs, random })
    await this.world.clock.turn(2_500)
  }

  setControlPlane(state: ControlPlaneState): void {
    if (state === this.controlPlane) return
    this.reasons++
    if (this.controlPlane === 'black hole') this.silentUntil = this.world.clock.now() + blackHoleMs
    const wasEmpty = this.controlPlane === 'empty'
    this.controlPlane = state
    const { live } = this.world
    live.fail(state === 'down' || state === 'black hole' ? new Error('connection lost') : undefined)
    if (state === 'empty') live.replace({ revision: this.revision, resources: [] })
    else if (wasEmpty) this.#tell()
  }

  setStore(state: StoreState): void {
    this.world.bucketFault = { up: undefined, down: 'fail-before' as const, 'black hole': 'hang' as const }[state]
  }

  change(): void {
    this.revision++
    if (this.controlPlane !== 'empty') this.#tell()
  }

  async export(): Promise<void> {
    if (this.exported === this.revision) return
    this.reasons++
    this.exported = this.revision
    await publish(this.world.published, { routes: [route('a', this.revision)], revision: this.revision })
  }

  #tell(): void {
    this.world.live.replace({ revision: this.revision, resources: [route('a', this.revision)] })
  }

  async go(step: Step): Promise<void> {
    if (step.isChange) this.change()
    if (step.isExport) await this.export()
    if (step.store !== undefined) this.setStore(step.store)
    if (step.controlPlane !== undefined) this.setControlPlane(step.controlPlane)
    if (step.isRestart) {
      await this.world.end()
      await this.start()
    }
    await this.world.clock.turn(step.thenMs)
    await settled()
  }

  get modeChanges(): number {
    return this.world.log.filter(({ message }) => message === 'mode changed').length
  }

  get positions(): readonly Position[] {
    return this.world.sink.changes.map(({ version }) => version.position)
  }
}

const rarely = <T>(value: fc.Arbitrary<T>, freq: number) => fc.option(value, { nil: undefined, freq })
const step: fc.Arbitrary<Step> = fc.record({
  controlPlane: rarely(fc.constantFrom(...controlPlanes), 2),
  store: rarely(fc.constantFrom(...stores), 1),
  isChange: fc.boolean(),
  isExport: fc.boolean(),
  isRestart: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  thenMs: fc.oneof(fc.nat(2_000), fc.nat(20_000), fc.nat(100_000)),
})
const weather = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 7, maxLength: 7 })

async function within(shares: readonly number[], test: (sky: Weather) => Promise<void>): Promise<void> {
  const sky = new Weather(shares)
  await sky.export()
  await sky.start()
  try {
    await test(sky)
  } finally {
    await sky.world.end()
  }
}

describe('whatever outages come and go', () => {
  it('a node changes its mode only for a reason, never goes back, always has a configuration, and ends live', async () => {
    await fc.assert(
      fc.asyncProperty(weather, fc.array(step, { minLength: 5, maxLength: 40 }), async (shares, steps) => {
        await within(shares, async (sky) => {
          for (const each of steps) {
            await sky.go(each)
            expect(sky.world.node?.status().ready).toBe(true)
            expect(sky.world.sink.content).toHaveLength(1)
            expect(sky.modeChanges).toBeLessThanOrEqual(sky.reasons)
          }
          sky.setStore('up')
          sky.setControlPlane('up')
          const silentMs = Math.max(0, sky.silentUntil - sky.world.clock.now())
          await sky.world.clock.turn(silentMs + retryMs + jitterMs)
          expect(sky.world.node?.status()).toMatchObject({ mode: 'live', held: undefined })
          expect(sky.world.sink.content).toEqual([sky.content])
          expect(sky.modeChanges).toBeLessThanOrEqual(sky.reasons)
          const isBack = (position: Position, index: number): boolean => {
            const before = sky.positions[index - 1]
            return before !== undefined && comparePositions(position, before) < 0
          }
          expect(sky.positions.filter(isBack)).toEqual([])
        })
      }),
      { numRuns: 25 },
    )
  })

  it('a node that runs a snapshot does not move for a control plane that never stays', async () => {
    const up = fc.nat(jitterMs / 2 - 1)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(up, fc.nat(30_000)), { maxLength: 20 }), async (rounds) => {
        await within([0.5], async (sky) => {
          sky.setControlPlane('down')
          sky.change()
          await sky.export()
          await sky.world.clock.turn(retryMs)
          expect(sky.world.node?.status().mode).toBe('standalone')
          const before = sky.modeChanges
          for (const [upMs, downMs] of rounds) {
            sky.setControlPlane('up')
            await sky.world.clock.turn(upMs)
            sky.setControlPlane('down')
            await sky.world.clock.turn(downMs)
          }
          expect(sky.modeChanges).toBe(before)
        })
      }),
      { numRuns: 15 },
    )
  })
})
