/** How long a client may take. */
export interface ClientTimeouts {
  /** Until the first byte of the next request. */
  readonly keepAliveMs: number
  /** From the first byte of a head to its last. */
  readonly headMs: number
  /** For anything to move in the middle of a request body or of an answer. */
  readonly clientMs: number
  /** How long the rest of a body that nobody wants is read, so that the answer reaches the client (RFC 9112 §9.6). */
  readonly discardMs: number
  /** The same for whatever follows the last answer. */
  readonly lingerMs: number
}

export const defaultClientTimeouts: ClientTimeouts = {
  // Longer than clients and balancers keep idle connections, so that they are the ones to close.
  keepAliveMs: 75_000,
  headMs: 60_000,
  clientMs: 60_000,
  discardMs: 30_000,
  lingerMs: 2_000,
}
