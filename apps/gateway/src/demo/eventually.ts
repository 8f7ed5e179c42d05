import { setTimeout as sleep } from 'node:timers/promises'

/** Repeats the check until it gives something; throws what it last failed with (or `what`) after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let failure: unknown
  do {
    try {
      const result = await check()
      if (result !== undefined && result !== false) return result
      failure = undefined
    } catch (error) {
      failure = error
    }
    await sleep(25)
  } while (Date.now() < deadline)
  throw new Error(`not within ${timeoutMs / 1000} s: ${what}`, { cause: failure })
}
