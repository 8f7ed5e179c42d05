import type { Clock } from '@outlast/snapshot'

/** Ends at the signal or at the deadline even if the work ignores the signal that it is handed. */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: { readonly clock: Clock; readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<T> {
  const settled = new AbortController()
  const signal = AbortSignal.any([options.signal, settled.signal])
  const deadline = async (): Promise<never> => {
    await options.clock.sleep(options.deadlineMs, { signal })
    throw new Error(`no answer within ${options.deadlineMs} ms`)
  }
  try {
    return await Promise.race([work(signal), deadline()])
  } finally {
    settled.abort()
  }
}
