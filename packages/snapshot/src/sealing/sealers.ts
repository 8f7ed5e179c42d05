import { randomBytes } from 'node:crypto'
import type { Domain } from '../entries/entry.ts'
import type { Manifest, Sealing } from '../format/manifest.ts'
import { SnapshotError } from '../snapshot-error.ts'
import { dataKeyBytes, partSealer, type PartSealer } from './part-sealer.ts'
import { untilAborted } from '../until-aborted.ts'
import type { SealingKey } from './sealing-key.ts'

type Sealed = Pick<Manifest, 'sealing'>

interface SignalOptions {
  readonly signal?: AbortSignal | undefined
}

/** The sealers of one group and domain; data keys are unwrapped once. */
export interface Sealers {
  /** For what is built on this base; `undefined` when nothing is to be sealed. The base's data key is kept, so that unchanged parts are. */
  forWriting(base: Sealed | undefined, options?: SignalOptions): Promise<PartSealer | undefined>
  /** `undefined` when this snapshot is not sealed. Rejects with `missing-key`, or as the key's `unwrap` does. */
  forReading(manifest: Sealed, options?: SignalOptions): Promise<PartSealer | undefined>
}

export function sealers(options: {
  readonly group: string
  readonly domain: Domain
  /** The first wraps, all unwrap. */
  readonly keys: readonly SealingKey[]
  readonly seals: boolean
}): Sealers {
  const { keys, seals } = options
  const known = new Map<string, Promise<PartSealer>>()

  function unwrapped(sealing: Sealing): Promise<PartSealer> {
    const name = `${sealing.keyId} ${sealing.wrappedKey}`
    const found = known.get(name)
    if (found !== undefined) return found
    const opening = unwrap(sealing)
    known.set(name, opening)
    // A key management service that did not answer may do so the next time.
    opening.catch(() => known.delete(name))
    return opening
  }

  async function unwrap(sealing: Sealing): Promise<PartSealer> {
    const key = keys.find(({ keyId }) => keyId === sealing.keyId)
    if (key === undefined) throw new SnapshotError('missing-key', `The sealing key ${sealing.keyId} is not there`)
    const dataKey = await key.unwrap(Buffer.from(sealing.wrappedKey, 'base64url'))
    if (dataKey.byteLength !== dataKeyBytes) throw new SnapshotError('damaged', 'A data key has a wrong length')
    return partSealer(dataKey, sealing, options)
  }

  async function begin(key: SealingKey): Promise<PartSealer> {
    const dataKey = randomBytes(dataKeyBytes)
    const wrappedKey = Buffer.from(await key.wrap(dataKey)).toString('base64url')
    const sealing = { keyId: key.keyId, wrappedKey }
    const sealer = partSealer(dataKey, sealing, options)
    known.set(`${sealing.keyId} ${wrappedKey}`, Promise.resolve(sealer))
    return sealer
  }

  async function forWriting(base: Sealed | undefined): Promise<PartSealer | undefined> {
    const [key] = keys
    if (!seals || key === undefined) return undefined
    if (base?.sealing?.keyId !== key.keyId) return begin(key)
    return unwrapped(base.sealing).catch((error: unknown) => {
      // A base that cannot be opened is no reason to end the backup: a new data key uploads everything again.
      if (SnapshotError.isInstance(error)) return begin(key)
      throw error
    })
  }

  return {
    // What is waited for serves others too, so it is left alone and not aborted.
    forWriting: async (base, { signal } = {}) => untilAborted(forWriting(base), signal),
    forReading: async ({ sealing }, { signal } = {}) => sealing && untilAborted(unwrapped(sealing), signal),
  }
}
