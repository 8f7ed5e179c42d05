/**
 * What a `chaosProxy` does to its connections. An answer is what comes from the server; its bytes are counted for each
 * connection, from the moment on that the fault was set.
 *
 * - `pass`: nothing. What a black hole holds back goes on its way
 * - `black-hole`: connections are accepted, and nothing passes in either direction: a firewall, a server that is frozen
 * - `cut`: the end (FIN), at once: a server that stops
 * - `reset`: a reset (RST), at once: a server that crashes
 * - `half-close`: the end towards the client, at once, while requests still reach the server
 * - `refuse`: connections are refused, and those that are open reset: no server
 * - `delayMs`: everything arrives that much later, in both directions
 * - `bytesPerSecond`: nothing is faster, in both directions
 * - `…AfterBytes`: this much of the answer passes, and in place of the next byte comes the fault; 0 for an answer that is
 *   lost although the server has done what it was asked for
 */
export type ChaosFault =
  | 'pass'
  | 'refuse'
  | AnswerEnding
  | { readonly delayMs: number }
  | { readonly bytesPerSecond: number }
  | { readonly blackHoleAfterBytes: number }
  | ({ readonly cutAfterBytes: number } & Once)
  | ({ readonly resetAfterBytes: number } & Once)
  | ({ readonly halfCloseAfterBytes: number } & Once)

interface Once {
  /** Only the first answer that is longer; from then on `pass`. */
  readonly once?: boolean | undefined
}

/** How an answer ends before its end. */
export type AnswerEnding = 'black-hole' | 'cut' | 'reset' | 'half-close'

export interface AnswerLimit {
  readonly bytes: number
  readonly ending: AnswerEnding
  readonly once: boolean
}

/** How much of an answer passes by this fault; `undefined` for all of it. */
export function answerLimit(fault: ChaosFault): AnswerLimit | undefined {
  if (typeof fault === 'string' || 'delayMs' in fault || 'bytesPerSecond' in fault) return undefined
  if ('blackHoleAfterBytes' in fault) {
    return { bytes: fault.blackHoleAfterBytes, ending: 'black-hole', once: false }
  }
  const { once = false } = fault
  if ('cutAfterBytes' in fault) return { bytes: fault.cutAfterBytes, ending: 'cut', once }
  if ('resetAfterBytes' in fault) return { bytes: fault.resetAfterBytes, ending: 'reset', once }
  return { bytes: fault.halfCloseAfterBytes, ending: 'half-close', once }
}
