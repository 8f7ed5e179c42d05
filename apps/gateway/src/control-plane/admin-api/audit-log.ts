import type { Logger } from '@outlast/snapshot'

import type { AdminChange } from './admin-operation.ts'

/** Who made a request, and from where. */
interface Requester {
  /** Of the key. */
  readonly name: string
  readonly remoteAddress: string
  readonly requestId: string
}

export interface AuditLog {
  readonly changed: (change: AdminChange, requester: Requester) => void
  /** A write that may have taken effect, or not. `keys` are those of the store, and say what it was about. */
  readonly unknown: (
    attempt: { readonly operation: string; readonly keys: readonly string[] },
    requester: Requester,
  ) => void
}

/**
 * One line for every change that took effect, or may have: who, what, from where, under which request id; the logger says
 * when. Never what was written, and no key: names, kinds and ids only.
 */
export function auditLog(logger: Logger): AuditLog {
  return {
    changed({ forced, ...change }, { name, ...from }) {
      logger.info(
        { audit: true, actor: name, ...change, ...(forced === true && { forced }), ...from },
        'configuration changed',
      )
    },
    unknown(attempt, { name, ...from }) {
      logger.warn(
        { audit: true, actor: name, outcome: 'unknown', ...attempt, ...from },
        'the configuration may have changed',
      )
    },
  }
}
