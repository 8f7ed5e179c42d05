/** Signs what a publisher commits. May live elsewhere: in a key management service, say. */
export interface Signer {
  /** Id of the key that readers verify with: see `TrustedKey`. */
  readonly keyId: string
  /** Resolves with the signature over exactly these bytes. Must not wait for ever: a publication waits for it. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** A public key whose signatures are believed. */
export interface TrustedKey {
  readonly keyId: string
  /** Whether this is a signature over exactly these bytes. Resolves with `false`, and never rejects, for one that is malformed. */
  verify(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
}
