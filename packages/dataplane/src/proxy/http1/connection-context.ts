import type { ClientSide, RequestSink } from '../client-side.ts'
import type { Deadlines } from '../deadlines.ts'
import type { ClientTimeouts } from './client-timeouts.ts'
import type { FieldBlock } from './field-block.ts'
import type { RequestHead } from './request-head.ts'

/** What the connections of a listener have in common. */
export interface ConnectionContext {
  readonly deadlines: Deadlines
  readonly timeouts: ClientTimeouts
  /** Whoever gets a request answers it, at once or later. Returns what the rest of the request goes to. */
  readonly onRequest: (client: ClientSide, request: RequestHead) => RequestSink | undefined
  readonly onClosed: (connection: object) => void
  /** No peer can cause it. */
  readonly onUnexpected: (error: unknown) => void
  /** Whether connections end after their next answer. */
  readonly isDraining: () => boolean
  /** For answers without one (RFC 9110 §6.6.1). */
  readonly dateField: () => FieldBlock
}
