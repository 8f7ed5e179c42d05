import { silentLogger, systemClock, type Clock, type Logger } from '@outlast/snapshot'
import { validateEntry } from '@outlast/snapshot/apisix'
import type { ApisixSink, RefusedEntry } from './apisix-sink.ts'
import { Delivery, type Target } from './delivery.ts'
import { StandaloneState, type StandaloneConfiguration } from './standalone-state.ts'

/** What every sink for a stock APISIX can be told. */
export interface CommonSinkOptions {
  /**
   * Keys that APISIX has encrypted fields of its store with (`apisix.data_encryption.keyring`), beside those that the
   * configuration brings along. Default none.
   */
  readonly keyring?: readonly string[] | undefined
  /** The least time between two changes of a target: the last state wins. Default 1,000 ms, the resolution that APISIX sees. */
  readonly minimumIntervalMs?: number | undefined
  /** How often a target is looked at that has its configuration, so that it gets it again when it has lost it. Default 5,000 ms. */
  readonly checkIntervalMs?: number | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  /** Source of jitter, from 0 to less than 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** A target that can also tell what it does not take. */
export interface ApisixTarget extends Target<StandaloneConfiguration> {
  readonly refused: readonly RefusedEntry[]
  close(): Promise<void>
}

export function createApisixSink(targets: readonly ApisixTarget[], options: CommonSinkOptions): ApisixSink {
  const { clock = systemClock, logger = silentLogger, random = Math.random, keyring = [] } = options
  const { minimumIntervalMs = 1_000, checkIntervalMs = 5_000 } = options
  const state = new StandaloneState(keyring)
  const deliveries = targets.map((target) => ({
    target,
    delivery: new Delivery(target, { clock, logger, random, minimumIntervalMs, checkIntervalMs }),
  }))

  let applying: Promise<unknown> = Promise.resolve()

  return {
    validate: validateEntry,
    async apply(change) {
      const applied = state.apply(change)
      applying = applied
      const configuration = await applied
      await firstTrue(deliveries.map(({ delivery }) => delivery.offer(configuration)))
    },
    status: () => ({
      targets: deliveries.map(({ target, delivery }) => ({
        name: target.name,
        digest: delivery.delivered?.version.digest,
        ...delivery.report,
        refused: target.refused,
      })),
      leftOut: state.leftOut,
    }),
    async close() {
      await applying
      await Promise.all(
        deliveries.map(async ({ target, delivery }) => {
          await delivery.close()
          await target.close()
        }),
      )
    },
  }
}

/** Resolves when one of them is true, or all have ended. They must not reject. */
async function firstTrue(promises: readonly Promise<boolean>[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const all = promises.map(async (one) => {
    if (await one) resolve()
  })
  void Promise.all(all).then(() => resolve())
  await promise
}
