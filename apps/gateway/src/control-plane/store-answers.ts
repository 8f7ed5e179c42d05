import { whenAborted } from '../when-aborted.ts'
import { keySpan, type ConfigStore } from './store/config-store.ts'

/** How long a store may take to say that it works. */
const patienceMs = 2_000

/** What a store that works says of itself. */
interface StoreAnswer {
  readonly revision: number
  readonly clusterId: string
}

/** What a store says that answers within two seconds, else `undefined`. Rejects when the caller's signal fires. */
export async function storeAnswer(store: ConfigStore, signal: AbortSignal): Promise<StoreAnswer | undefined> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const ask = async (): Promise<StoreAnswer> => {
    const { revision } = await store.range({ keys: keySpan('/outlast/ready'), countOnly: true, signal: patience })
    const { clusterId } = await store.identity({ signal: patience })
    return { revision, clusterId }
  }
  // A store that ignores its signal must not make the answer wait.
  const late = whenAborted(patience).then(() => undefined)
  const answer = await Promise.race([ask().catch(() => undefined), late])
  signal.throwIfAborted()
  return answer
}
