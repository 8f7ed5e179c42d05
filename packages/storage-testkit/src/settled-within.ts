export type Settlement<T> = PromiseSettledResult<T> | { readonly status: 'pending' }

/** How a promise settles, or that it has not after this time. Never rejects. */
export async function settledWithin<T>(promise: Promise<T>, mostMs: number): Promise<Settlement<T>> {
  const { promise: settlement, resolve } = Promise.withResolvers<Settlement<T>>()
  const timer = setTimeout(() => resolve({ status: 'pending' }), mostMs)
  promise.then(
    (value) => resolve({ status: 'fulfilled', value }),
    (reason: unknown) => resolve({ status: 'rejected', reason }),
  )
  try {
    return await settlement
  } finally {
    clearTimeout(timer)
  }
}
