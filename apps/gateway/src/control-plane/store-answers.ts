import { keySpan, type ConfigStore } from './store/config-store.ts'

/** How long a store may take to say that it works. */
const patienceMs = 2_000

/** The revision of a store that answers a read within two seconds, else `undefined`. Rejects when the caller's signal fires. */
export async function answeringRevision(store: ConfigStore, signal: AbortSignal): Promise<number | undefined> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const late = Promise.withResolvers<undefined>()
  // A store that ignores its signal must not make the answer wait.
  patience.addEventListener('abort', () => late.resolve(undefined), { once: true })
  const read = store.range({ keys: keySpan('/outlast/ready'), countOnly: true, signal: patience })
  const revision = await Promise.race([read.then((found) => found.revision).catch(() => undefined), late.promise])
  signal.throwIfAborted()
  return revision
}
