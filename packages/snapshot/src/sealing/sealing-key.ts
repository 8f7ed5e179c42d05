/** A key outside of the stores that the data keys of sealed snapshots are wrapped with. May live in a key management service. */
export interface SealingKey {
  readonly keyId: string
  /** Encrypts a data key of 32 bytes. */
  wrap(dataKey: Uint8Array): Promise<Uint8Array>
  /** Gives back what was wrapped; rejects for anything else. */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
}
