import type { FaultReport } from '@outlast/storage-testkit'

/** What a case did to an adapter, and to the process that it ran in. */
export interface CaseResult extends Pick<FaultReport, 'outcomes' | 'openConnections' | 'problems'> {
  readonly name: string
  readonly timeoutMs: number
  /** What Node.js still had open long after the case had ended and had not had before: `Timeout`, `TCPSocketWrap`. */
  readonly leftOpen: readonly string[]
}
