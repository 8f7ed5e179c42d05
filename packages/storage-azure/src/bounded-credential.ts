import { StorageError } from '@outlast/storage'

import type { AzureTokenCredential } from './azure-options.ts'

/**
 * The same credential, whose look-ups end a little before the deadline of the calls that wait for them. The SDK shares one
 * look-up among all these calls and sets no limit to it, so one that hangs would hang every later call, too.
 */
export function boundedCredential(credential: AzureTokenCredential, deadlineMs: number): AzureTokenCredential {
  const limitMs = Math.ceil(0.9 * deadlineMs)
  return {
    async getToken(scopes, options) {
      const { promise: tooLate, reject } = Promise.withResolvers<never>()
      const controller = new AbortController()
      const timer = setTimeout(() => {
        reject(new StorageError({ code: 'timeout', message: `no token came within ${limitMs} ms` }))
        controller.abort()
      }, limitMs)
      try {
        // Not with the signal of the call that happens to be first: others may wait for the same token.
        const lookup = credential.getToken(scopes, { ...options, abortSignal: controller.signal })
        return await Promise.race([lookup, tooLate])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
