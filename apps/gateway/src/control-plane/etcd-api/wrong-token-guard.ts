import { wrongSecretLimit } from '../wrong-secret-limit.ts'
import { EtcdError } from './etcd-error.ts'

export interface PresentedToken {
  readonly token: string
  readonly remoteAddress: string
}

/**
 * Makes it pointless to try tokens until one fits: an address that has tried too many different ones gets 429 for a while,
 * as `EtcdError`. A right token is let in all the same: gateways share addresses with whatever else runs behind the same
 * translation, and that must not cut them off. Tokens are too long to be found by trying. Passes on what `find` finds.
 */
export function wrongTokenGuard<T>(
  find: (token: string) => Promise<T | undefined>,
): (presented: PresentedToken) => Promise<T | undefined> {
  const limit = wrongSecretLimit()
  return async ({ token, remoteAddress }) => {
    const found = await find(token)
    if (found !== undefined) {
      return found
    }
    const retryAfterSeconds = await limit.secondsRefused(remoteAddress)
    if (retryAfterSeconds !== undefined) {
      throw new EtcdError('resourceExhausted', 'etcdserver: too many invalid auth tokens', { retryAfterSeconds })
    }
    await limit.note(remoteAddress, token)
    return undefined
  }
}
