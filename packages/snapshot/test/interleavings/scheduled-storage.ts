import {
  compareKeys,
  StorageError,
  type CallOptions,
  type GetOptions,
  type StorageAdapter,
  type StorageErrorCode,
  type StoredObject,
} from '@outlast/storage'
import type { Bucket } from './bucket.ts'
import type { Random } from './random.ts'
import type { Life, Scheduler } from './scheduler.ts'

export interface Weather {
  readonly random: Random
  readonly scheduler: Scheduler
  /** How often a call fails, each in one of three ways. */
  readonly faultRate: number
  /** How often an actor dies at a call. */
  readonly crashRate: number
  /** How long a call takes, and how long the sleep is that its caller falls into. */
  readonly delayMs: (label: string) => number
  /** Carries the writes that nobody waits for any more. */
  network: Life
}

/** A bucket as one life of an actor sees it: every call waits for its turn, and may go wrong. */
export function scheduledStorage(
  bucket: Bucket,
  life: Life,
  weather: Weather,
  onCrash: () => void = () => {},
): StorageAdapter {
  const { random, scheduler } = weather

  async function call<Result>(label: string, effect: () => Result): Promise<Result> {
    const isWrite = label.startsWith('put') || label.startsWith('delete')
    if (random.chance(weather.crashRate)) {
      // The request may be on its way, and arrive although nobody waits for the answer.
      if (isWrite && random.chance(0.5)) arriveLater(`${label} (of dead ${life.name})`, effect)
      scheduler.note(`${life.name}: dies at ${label}`)
      life.isAlive = false
      onCrash()
      return new Promise<never>(() => {})
    }
    await scheduler.turn(life, label, weather.delayMs(label))
    if (random.chance(weather.faultRate)) {
      const fault = random.pick(['nothing was done', 'the reply is lost', 'it is done later'] as const)
      scheduler.note(`${life.name}: ${label} fails, ${fault}`)
      if (fault === 'the reply is lost') quietly(effect)
      if (fault === 'it is done later' && isWrite) arriveLater(`${label} (late, of ${life.name})`, effect)
      throw failure('unavailable', label)
    }
    const result = effect()
    if (random.chance(0.2)) await scheduler.turn(life, `reply to ${label}`, weather.delayMs(label))
    return result
  }

  function arriveLater(label: string, effect: () => unknown): void {
    scheduler.later(weather.network, label, weather.delayMs(label), () => {
      quietly(effect)
    })
  }

  function get(
    key: string,
    options?: CallOptions & { readonly ifNoneMatch?: undefined },
  ): Promise<StoredObject | undefined>
  function get(key: string, options: GetOptions): Promise<StoredObject | 'not-modified' | undefined>
  async function get(
    key: string,
    { ifNoneMatch }: GetOptions = {},
  ): Promise<StoredObject | 'not-modified' | undefined> {
    return call(`get ${short(key)}`, () => {
      const object = bucket.objects.get(key)
      return object?.etag === ifNoneMatch && object !== undefined ? 'not-modified' : object
    })
  }

  return {
    name: life.name,
    capabilities: { createOnly: true },
    get,
    put: async (key, bytes, { ifAbsent = false } = {}) => {
      const copy = bytes.slice()
      return call(`put ${short(key)}`, () => {
        if (!bucket.put(key, copy, ifAbsent)) throw failure('already-exists', key)
        return bucket.objects.get(key)?.etag ?? ''
      })
    },
    async *list(prefix, { after } = {}) {
      yield* await call(`list ${short(prefix)}`, () => keysOf(bucket, prefix, after))
    },
    delete: async (key) =>
      call(`delete ${short(key)}`, () => {
        bucket.delete(key)
      }),
  }
}

function keysOf(bucket: Bucket, prefix: string, after: string | undefined): string[] {
  const matching = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix))
  return matching.filter((key) => after === undefined || compareKeys(key, after) > 0).sort(compareKeys)
}

/** A refusal that nobody hears of. */
function quietly(effect: () => unknown): void {
  try {
    effect()
  } catch (error) {
    if (!StorageError.isInstance(error)) throw error
  }
}

function failure(code: StorageErrorCode, label: string): StorageError {
  return new StorageError({ code, message: `planned: ${label}` })
}

// The time in a commit's name is readable enough; the prefix says nothing.
function short(key: string): string {
  return key.replace(/^groups\/[^/]+\/[^/]+\//, '').replace(/-[0-9a-f-]{20,}/, '')
}
