import type { Logger } from '@outlast/snapshot'

import type { AdminChange } from './admin-operation.ts'

/** Who made a request, and from where. */
export interface Requester {
  /** Of the key. */
  readonly name: string
  readonly remoteAddress: string
  readonly requestId: string
}

/**
 * One line for every change that took effect: who, what, from where, under which request id; the logger says when. Never
 * what was written, and no key: names, kinds and ids only.
 */
export function auditLog(logger: Logger): (change: AdminChange, requester: Requester) => void {
  return ({ forced, ...change }, { name, ...from }) => {
    logger.info(
      { audit: true, actor: name, ...change, ...(forced === true && { forced }), ...from },
      'configuration changed',
    )
  }
}
