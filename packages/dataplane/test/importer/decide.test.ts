import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareOffers, knownEpochs, type Offer } from '../../src/importer/candidate.ts'
import { decide } from '../../src/importer/decide.ts'
import { nextMode, type DataPlaneMode } from '../../src/importer/mode.ts'
import type { Orders } from '../../src/importer/orders.ts'
import type { Situation } from '../../src/importer/situation.ts'

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

const by = { actor: 'ada', reason: 'INC-7', at: 0 }

/** In this small world only going from 1 to 3 is a mass change. */
const massChange = (live: Published, reference: Published): string | undefined =>
  live.content === 3 && reference.content === 1 ? 'too much' : undefined

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
  /** The turn to return has come. */
  turn = false
  /** What is new has to wait; what need not by now is `ripe`. */
  isDelayed = false
  ripe: { cp?: Model['cp'] | undefined; seen?: Published | undefined } = {}
  held: string | undefined
  /** What is in effect was ordered, and is not kept. */
  wasOrdered = false
  acceptable: Published | undefined
  rejected = new Set<string>()
  orders: Orders = {}
  /** All that was ever published, and can be pinned. */
  history: Published[] = []
  pinned: Published | undefined
  /** Whether pinned snapshots can be had. */
  hasHistory = true
  now = 1_000

  change(content: number): void {
    this.cp = { ...this.cp, revision: this.cp.revision + 1, content }
  }

  lose(): void {
    this.cp = { ...this.cp, answers: false }
    this.ripe = { ...this.ripe, cp: undefined }
  }

  /** All that is known by now has waited long enough. */
  ripen(): void {
    this.ripe = { cp: this.cp.answers ? this.cp : undefined, seen: this.seen }
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
    this.history.push(this.published)
  }

  pin(index: number): void {
    const found = this.history[index % Math.max(1, this.history.length)]
    if (found === undefined) return
    this.turn = true
    this.pinned = found
    this.orders = { ...this.orders, pinned: { ...by, sequence: index, digest: found.digest } }
  }

  freeze(): void {
    if (this.running !== undefined) this.orders = { ...this.orders, frozen: { ...by, digest: this.running.digest } }
  }

  accept(): void {
    if (this.acceptable === undefined) return
    this.turn = true
    const { identity, digest } = this.acceptable
    this.orders = { ...this.orders, accepted: { ...by, identity, digest } }
  }

  takeBack(order: keyof Orders): void {
    this.turn = true
    this.forget(order)
  }

  forget(order: keyof Orders): void {
    this.orders = { ...this.orders, [order]: undefined }
  }

  poll(): void {
    if (this.storeAnswers) this.seen = this.published
  }

  restart(): void {
    if (!this.wasOrdered) this.local = this.running ?? this.local
    this.mode = 'starting'
    this.running = undefined
    this.followed = undefined
    this.seen = undefined
    this.ripe = {}
  }

  /** What the control plane says and need not wait: all of it while nothing is in effect, and then what is in effect. */
  get said(): Model['cp'] | undefined {
    if (!this.cp.answers) return undefined
    const isKnown = this.running === undefined || this.running.content === this.cp.content
    return this.isDelayed && !isKnown ? this.ripe.cp : this.cp
  }

  /** The same of the store. */
  get stored(): Published | undefined {
    const isKnown = this.running === undefined || this.running.content === this.seen?.content
    return this.isDelayed && !isKnown ? this.ripe.seen : this.seen
  }

  situation(): Situation<Published> {
    const { said, stored } = this
    return {
      mode: this.mode,
      running: this.running,
      live:
        this.orders.standalone === undefined
          ? {
              asked: true,
              answers: this.cp.answers,
              offer: said && offer(said.identity, 0, said.revision, said.content),
              continued: this.mode === 'live' && said !== undefined && this.followed === said.generation,
              isTurn: this.turn,
            }
          : undefined,
      stores: [{ asked: true, empty: this.storeAnswers && this.published === undefined, offer: stored }],
      local: { asked: true, empty: this.local === undefined, offer: this.local },
      bootExpired: true,
      rejected: this.rejected,
      orders: this.orders,
      pinned: this.orders.pinned && { asked: true, offer: this.hasHistory ? this.pinned : undefined },
    }
  }

  /** What the importer's loop does, until nothing changes any more. */
  reconcile(): void {
    for (let round = 0; ; round++) {
      assert.ok(round < 5, 'it does not come to rest')
      const before = this.running
      const situation = this.situation()
      const { said, stored } = this
      const { action, event, held, take, acceptable, couldReturn } = decide(situation, massChange)
      if (!couldReturn) this.turn = false
      if (event !== undefined) this.mode = nextMode(this.mode, event)
      this.held = held
      this.acceptable = acceptable
      const { frozen, accepted } = this.orders
      assert.ok(action !== 'wait' || take === undefined, 'it waits and takes')
      if (take === undefined) return
      assert.ok(before === undefined || frozen === undefined, 'it gives up what was frozen')
      assert.ok(!couldReturn || this.turn || take?.from !== 'live', 'it returns before its turn')
      const offers = [situation.live, ...situation.stores, situation.local, situation.pinned].map((view) => view?.offer)
      assert.ok(
        offers.some((each) => each?.digest === take.offer.digest && each.identity === take.offer.identity),
        'it takes what nobody offers',
      )
      const isAccepted = accepted?.digest === take.offer.digest && accepted.identity === take.offer.identity
      if (before !== undefined && action !== 'take-pinned' && !(take.from === 'live' && isAccepted)) {
        const epochs = knownEpochs([before, take.offer, ...[stored ?? [], this.local ?? []].flat()])
        assert.ok(compareOffers(take.offer, before, epochs) >= 0, 'it goes back')
      }
      assert.ok(!this.rejected.has(take.offer.digest), 'it hands the sink what it has just refused')
      if (take.offer.empty && before !== undefined && !before.empty && take.from === 'live' && !isAccepted) {
        assert.ok(situation.live?.continued, 'it believes an empty control plane')
      }
      this.running = take.offer
      this.wasOrdered = action === 'take-pinned' || action === 'take-frozen'
      this.followed = take.from === 'live' ? said?.generation : undefined
      this.mode = nextMode(this.mode, take.from === 'live' ? 'live-taken' : 'snapshot-taken')
      if (take.from === 'live') {
        this.forget('accepted')
        if (this.orders.frozen === undefined && this.orders.pinned === undefined) return
      }
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
  fc.nat(9).map((index) => (model: Model) => model.pin(index)),
  fc.boolean().map((hasHistory) => (model: Model) => {
    model.hasHistory = hasHistory
  }),
  fc.constant((model: Model) => model.freeze()),
  fc.constant((model: Model) => {
    model.orders = { ...model.orders, standalone: by }
  }),
  fc.constant((model: Model) => {
    model.turn = true
  }),
  fc.boolean().map((isDelayed) => (model: Model) => {
    model.isDelayed = isDelayed
    if (!isDelayed) model.ripen()
  }),
  fc.constant((model: Model) => model.ripen()),
  fc.constant((model: Model) => model.accept()),
  // Twice as often as they are given, so that most of the time there are none.
  fc
    .constantFrom('pinned' as const, 'frozen' as const, 'standalone' as const)
    .map((name) => (model: Model) => model.takeBack(name)),
  fc
    .constantFrom('pinned' as const, 'frozen' as const, 'standalone' as const)
    .map((name) => (model: Model) => model.takeBack(name)),
)

describe('the decision, over random events', () => {
  it('never gives up a configuration, never goes back, and leaves standalone when a good control plane is there', () => {
    let events = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 150 }), (steps) => {
        const model = new Model()
        for (const apply of steps) {
          events++
          const had = model.running
          apply(model)
          const restarted = had !== undefined && model.running === undefined
          model.reconcile()
          expect(had === undefined || restarted || model.running !== undefined).toBe(true)
          // Always a reason: live, or the control plane is away, refused, unusable for the sink, or has to wait.
          const { said } = model
          const { standalone } = model.orders
          const usable =
            said !== undefined &&
            standalone === undefined &&
            model.held === undefined &&
            !model.rejected.has(String(said.content))
          const awaitsTurn = model.mode === 'standalone' && !model.turn
          expect(model.mode === 'live' || !usable || awaitsTurn).toBe(true)
          expect(model.mode !== 'live' || !usable || model.running?.content === said.content).toBe(true)
          expect(model.mode !== 'live' || model.cp.answers).toBe(true)
          expect(model.mode === 'starting').toBe(model.running === undefined)
        }
        // Whatever happened: a control plane that goes on from what runs is followed.
        model.rejected = new Set()
        model.orders = {}
        model.ripen()
        model.reconcile()
        const { running } = model
        if (running === undefined) return
        model.cp = { ...model.cp, identity: running.identity, revision: running.position.revision + 1, content: 9 }
        model.comeBack()
        model.ripen()
        model.reconcile()
        model.turn = true
        model.reconcile()
        expect(model.mode).toBe('live')
        expect(model.running?.content).toBe(9)
      }),
      { numRuns: 300 },
    )
    expect(events).toBeGreaterThanOrEqual(20_000)
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
  const base: Situation<Published> = {
    mode: 'starting',
    stores: [],
    bootExpired: false,
    rejected: new Set(),
    orders: {},
  }
  const answering = { asked: true, answers: true, continued: false, isTurn: false }

  it('waits while anybody has not been heard', () => {
    const live = { ...answering, offer: offer('cp', 0, 1, 1) }
    expect(decide({ ...base, live, stores: [nobody] }, massChange).take).toBeUndefined()
    expect(decide({ ...base, live, local: nobody }, massChange).take).toBeUndefined()
    expect(decide({ ...base, live, stores: [nobody], bootExpired: true }, massChange).take?.from).toBe('live')
  })

  it('waits for no turn', () => {
    const live = { ...answering, offer: offer('cp', 0, 1, 1) }
    expect(decide({ ...base, live }, massChange)).toMatchObject({ action: 'take-live', couldReturn: false })
  })

  it('takes a snapshot when the sink cannot use what the control plane says', () => {
    const live = { ...answering, offer: offer('cp', 0, 2, 2) }
    const stores = [{ asked: true, empty: false, offer: offer('cp', 10, 1, 1) }]
    expect(decide({ ...base, live, stores, rejected: new Set(['2']) }, massChange).take?.from).toBe('snapshot')
  })
})

describe('an accept of an operator', () => {
  const running = offer('cp', 10, 5, 1)
  const live = { asked: true, answers: true, offer: offer('other', 0, 9, 2), continued: false, isTurn: true }
  const situation = (accepted: Orders['accepted'], held?: string): Situation<Published> => ({
    mode: 'standalone',
    running,
    live,
    stores: [{ asked: true, empty: false, offer: { ...offer('cp', 10, 5, 1), held } }],
    bootExpired: true,
    rejected: new Set(),
    orders: { accepted },
  })

  it('lets pass exactly the content and the source that were accepted', () => {
    expect(decide(situation({ ...by, identity: 'other', digest: '2' }), massChange).action).toBe('take-live')
    expect(decide(situation({ ...by, identity: 'other', digest: '3' }), massChange).action).toBe('keep')
    expect(decide(situation({ ...by, identity: 'third', digest: '2' }), massChange).action).toBe('keep')
  })

  it('does not end what an operator of the fleet holds, and is not offered for it', () => {
    const decision = decide(situation({ ...by, identity: 'other', digest: '2' }, 'rolled back'), massChange)
    expect(decision).toMatchObject({ action: 'keep', held: 'rolled back', acceptable: undefined })
  })
})

describe('the turn of a node that runs a snapshot', () => {
  const running = offer('cp', 10, 5, 1)
  const at = (mode: DataPlaneMode, live: number, isTurn: boolean, snapshot = 5): Situation<Published> => ({
    mode,
    running,
    live: { asked: true, answers: true, offer: offer('cp', 0, live, 2), continued: false, isTurn },
    stores: [{ asked: true, empty: false, offer: offer('cp', 10, snapshot, 1) }],
    bootExpired: true,
    rejected: new Set(),
    orders: {},
  })

  it('is awaited before it goes back to its control plane', () => {
    expect(decide(at('standalone', 6, false), massChange)).toMatchObject({ action: 'await-turn', couldReturn: true })
    expect(decide(at('standalone', 6, true), massChange)).toMatchObject({ action: 'take-live', couldReturn: true })
  })

  it('keeps it from nothing that it would do otherwise', () => {
    expect(decide(at('standalone', 8, false, 7), massChange)).toMatchObject({
      action: 'take-snapshot',
      couldReturn: true,
    })
    expect(decide(at('holding', 6, false), massChange)).toMatchObject({ action: 'take-live', couldReturn: false })
  })

  it('does not come while the control plane is refused', () => {
    const decision = decide(at('standalone', 4, true), massChange)
    expect(decision).toMatchObject({ action: 'keep', event: 'live-refused', couldReturn: false })
  })
})
