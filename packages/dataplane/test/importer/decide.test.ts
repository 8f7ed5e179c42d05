import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareOffers, knownEpochs, type Offer } from '../../src/importer/candidate.ts'
import { decide, type Situation } from '../../src/importer/decide.ts'
import { nextMode, type DataPlaneMode } from '../../src/importer/mode.ts'

interface Published extends Offer {
  readonly content: number
}

const offer = (identity: string, epoch: number, revision: number, content: number): Published => ({
  identity,
  position: { epoch, revision },
  digest: String(content),
  empty: content === 0,
  content,
})

/** A control plane, an exporter, a store and a node, all as plain data, to be pushed around at random. */
class Model {
  cp = { identity: 'cp0', revision: 1, content: 1, answers: true, generation: 1 }
  lineages = 0
  published: Published | undefined
  seen: Published | undefined
  storeAnswers = true
  mode: DataPlaneMode = 'starting'
  running: Published | undefined
  local: Published | undefined
  /** Generation that the running configuration follows from. */
  followed: number | undefined
  held: string | undefined
  rejected = new Set<string>()
  now = 1_000

  change(content: number): void {
    this.cp = { ...this.cp, revision: this.cp.revision + 1, content }
  }

  lose(): void {
    this.cp = { ...this.cp, answers: false }
  }

  comeBack(): void {
    this.cp = { ...this.cp, answers: true, generation: this.cp.generation + 1 }
  }

  replaceControlPlane(content: number): void {
    const identity = `cp${++this.lineages}`
    this.cp = { ...this.cp, identity, revision: 1, content, generation: this.cp.generation + 1 }
  }

  restoreOlder(content: number): void {
    const revision = Math.max(1, this.cp.revision - 3)
    this.cp = { ...this.cp, revision, content, generation: this.cp.generation + 1 }
  }

  /** An exporter with the lineage rule; `accepted`: an operator lets it through. */
  export(accepted: boolean): void {
    this.now += 10
    const { identity, revision, content } = this.cp
    const base = this.published
    const sameLineage = base !== undefined && base.identity === identity && revision >= base.position.revision
    const mayFollow = base === undefined || accepted || base.content === content
    if (!sameLineage && !mayFollow) return
    const epoch = sameLineage ? base.position.epoch : Math.max((base?.position.epoch ?? 0) + 1, this.now)
    this.published = offer(identity, epoch, revision, content)
  }

  poll(): void {
    if (this.storeAnswers) this.seen = this.published
  }

  restart(): void {
    this.local = this.running ?? this.local
    this.mode = 'starting'
    this.running = undefined
    this.followed = undefined
    this.seen = undefined
  }

  situation(): Situation<Published> {
    const { identity, revision, content, answers, generation } = this.cp
    return {
      running: this.running,
      live: {
        asked: true,
        offer: answers ? offer(identity, 0, revision, content) : undefined,
        continued: this.mode === 'live' && this.followed === generation,
      },
      stores: [{ asked: true, empty: this.storeAnswers && this.published === undefined, offer: this.seen }],
      local: { asked: true, empty: this.local === undefined, offer: this.local },
      bootExpired: true,
      rejected: this.rejected,
    }
  }

  /** What the importer's loop does, until nothing changes any more. */
  reconcile(): void {
    for (let round = 0; ; round++) {
      assert.ok(round < 5, 'it does not come to rest')
      const before = this.running
      const situation = this.situation()
      const { event, held, take } = decide(situation)
      if (event !== undefined) this.mode = nextMode(this.mode, event)
      this.held = held
      if (take === undefined) return
      if (before !== undefined) {
        const epochs = knownEpochs([before, take.offer, ...[this.seen ?? [], this.local ?? []].flat()])
        assert.ok(compareOffers(take.offer, before, epochs) >= 0, 'it goes back')
      }
      assert.ok(!this.rejected.has(take.offer.digest), 'it hands the sink what it has just refused')
      if (take.offer.empty && before !== undefined && !before.empty && take.from === 'live') {
        assert.ok(situation.live?.continued, 'it believes an empty control plane')
      }
      this.running = take.offer
      this.followed = take.from === 'live' ? this.cp.generation : undefined
      this.mode = nextMode(this.mode, take.from === 'live' ? 'live-taken' : 'snapshot-taken')
      if (take.from === 'live') return
    }
  }
}

type Step = (model: Model) => void

const content = fc.integer({ min: 0, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  content.map((value) => (model: Model) => model.change(value)),
  fc.constant((model: Model) => model.lose()),
  fc.constant((model: Model) => model.comeBack()),
  content.map((value) => (model: Model) => model.replaceControlPlane(value)),
  content.map((value) => (model: Model) => model.restoreOlder(value)),
  fc.boolean().map((accepted) => (model: Model) => model.export(accepted)),
  fc.constant((model: Model) => model.poll()),
  fc.boolean().map((answers) => (model: Model) => {
    model.storeAnswers = answers
  }),
  fc.constant((model: Model) => model.restart()),
  content.map((value) => (model: Model) => {
    model.rejected = new Set([String(value)])
  }),
)

describe('the decision, over random events', () => {
  it('never gives up a configuration, never goes back, and leaves standalone when a good control plane is there', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 150 }), (steps) => {
        const model = new Model()
        for (const apply of steps) {
          const had = model.running
          apply(model)
          const restarted = had !== undefined && model.running === undefined
          model.reconcile()
          expect(had === undefined || restarted || model.running !== undefined).toBe(true)
          // Always a reason: live, or the control plane is away, refused, or unusable for the sink.
          const usable = model.cp.answers && model.held === undefined && !model.rejected.has(String(model.cp.content))
          expect(model.mode === 'live' || !usable).toBe(true)
          expect(model.mode !== 'live' || !usable || model.running?.content === model.cp.content).toBe(true)
          expect(model.mode !== 'live' || model.cp.answers).toBe(true)
          expect(model.mode === 'starting').toBe(model.running === undefined)
        }
        // Whatever happened: a control plane that goes on from what runs is followed.
        model.rejected = new Set()
        const { running } = model
        if (running === undefined) return
        model.cp = { ...model.cp, identity: running.identity, revision: running.position.revision + 1, content: 9 }
        model.comeBack()
        model.reconcile()
        expect(model.mode).toBe('live')
        expect(model.running?.content).toBe(9)
      }),
      { numRuns: 300 },
    )
  })

  it('is the same when it is asked again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new Model()
        model.reconcile()
        for (const apply of steps) {
          apply(model)
          model.reconcile()
        }
        const { mode, running, held } = model
        model.reconcile()
        expect({ mode: model.mode, content: model.running?.content, held: model.held }).toEqual({
          mode,
          content: running?.content,
          held,
        })
      }),
    )
  })
})

describe('the decision at boot', () => {
  const nobody = { asked: false, empty: false }
  const base: Situation<Published> = { stores: [], bootExpired: false, rejected: new Set() }

  it('waits while anybody has not been heard', () => {
    const live = { asked: true, offer: offer('cp', 0, 1, 1), continued: false }
    expect(decide({ ...base, live, stores: [nobody] }).take).toBeUndefined()
    expect(decide({ ...base, live, local: nobody }).take).toBeUndefined()
    expect(decide({ ...base, live, stores: [nobody], bootExpired: true }).take?.from).toBe('live')
  })

  it('takes a snapshot when the sink cannot use what the control plane says', () => {
    const live = { asked: true, offer: offer('cp', 0, 2, 2), continued: false }
    const stores = [{ asked: true, empty: false, offer: offer('cp', 10, 1, 1) }]
    expect(decide({ ...base, live, stores, rejected: new Set(['2']) }).take?.from).toBe('snapshot')
  })
})
