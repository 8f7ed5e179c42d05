/**
 * A key outside of the stores that the data keys of sealed snapshots are wrapped with. May live in a key management service.
 * Neither method may wait for ever.
 */
export interface SealingKey {
  readonly keyId: string
  /** Encrypts a data key of 32 bytes. */
  wrap(dataKey: Uint8Array): Promise<Uint8Array>
  /**
   * Gives back what was wrapped. Rejects with a `damaged` `SnapshotError` for anything else: a publisher then goes on with a
   * new data key. With every other error it tries again, as when a service did not answer.
   */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
}
