import { silentLogger, systemClock, type Clock, type Logger } from '@outlast/snapshot'
import type { DataPlaneOptions } from './data-plane.ts'
import { DelayedOffers } from './delayed-offers.ts'
import { Floors } from './floors.ts'
import { FollowedSources } from './followed-sources.ts'
import { InEffect } from './in-effect.ts'
import { Installer } from './installer.ts'
import { LocalStore } from './local-store.ts'
import { OrderBook } from './order-book.ts'
import { Pace } from './pace.ts'
import { PinnedSnapshot } from './pinned-snapshot.ts'
import { PoisonGuard } from './poison-guard.ts'
import { ReturnTurn } from './return-turn.ts'
import { Wake } from './wake.ts'
import { withoutKeys } from './without-keys.ts'

/** What a data plane consists of, but for the loop that drives it. */
export interface DataPlaneParts {
  readonly clock: Clock
  readonly logger: Logger
  /** Called by each part that has something new to say. */
  readonly wake: Wake
  readonly pace: Pace
  readonly sources: FollowedSources
  readonly floors: Floors | undefined
  readonly local: LocalStore | undefined
  readonly delayed: DelayedOffers
  readonly turn: ReturnTurn
  readonly inEffect: InEffect
  readonly guard: PoisonGuard | undefined
  readonly installer: Installer
  readonly book: OrderBook
  readonly pinned: PinnedSnapshot
}

/** Puts them together. They do nothing before the sources are started, and end with the signal. */
export function dataPlaneParts(options: DataPlaneOptions, signal: AbortSignal): DataPlaneParts {
  const { clock = systemClock, logger = silentLogger, random = Math.random, pollIntervalMs = 10_000 } = options
  const { sink, stores, local: storage, localSealingKeys: sealingKeys = [], poison } = options
  const group = options.group ?? stores[0]?.group ?? 'default'
  const protectionOf = options.fields ?? withoutKeys(group)
  const retryMs = pollIntervalMs
  const pace = new Pace(options)
  const wake = new Wake()
  const onChange = (): void => wake.call()

  const floors =
    options.floors &&
    new Floors({ note: options.floors, clock, logger, signal, stableAfterMs: () => pace.inForce.stableAfterMs })
  const inEffect = new InEffect({ sink, clock, logger, retryMs, signal, onRetry: onChange })
  const local =
    storage &&
    new LocalStore({
      storage,
      group,
      protectionOf,
      sealingKeys,
      clock,
      logger,
      random,
      retryMs,
      isServing: () => inEffect.current !== undefined,
      onRead: onChange,
    })
  const guard =
    poison &&
    new PoisonGuard({ note: poison.note, build: poison.build ?? '', clock, logger, random, signal, onRetry: onChange })
  return {
    clock,
    logger,
    wake,
    pace,
    sources: new FollowedSources({ protectionOf, clock, logger, random, pollIntervalMs, floors, onChange }, options),
    floors,
    local,
    delayed: new DelayedOffers({ clock, signal, delayMs: () => pace.inForce.applyDelayMs, onRipe: onChange }),
    turn: new ReturnTurn({ clock, random, signal, jitterMs: () => pace.inForce.returnJitterMs, onTurn: onChange }),
    inEffect,
    guard,
    installer: new Installer({ inEffect, guard, local, clock, signal }),
    book: new OrderBook({ note: options.orders, clock, logger, signal, onRead: onChange }),
    pinned: new PinnedSnapshot({ clock, signal, retryMs, onLook: onChange }),
  }
}
