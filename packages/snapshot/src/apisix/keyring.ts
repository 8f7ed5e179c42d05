import { z } from 'zod'

/**
 * The keys that sensitive fields are encrypted with: kind `keyring`. These fields are those of APISIX's
 * `apisix.data_encryption`; others are kept.
 */
export interface Keyring {
  /** Default true. */
  readonly enable_encrypt_fields?: boolean | undefined
  /** Keys of 16 bytes (AES-128) or 32 (AES-256). The first encrypts, all are tried to decrypt: one, or a list with at least one. */
  readonly keyring?: string | readonly string[] | undefined
}

const key = z.string().refine(isKeyOfKeyring, { error: 'must be a key of 16 or 32 bytes' })

export const keyringSchema: z.ZodType<Keyring> = z.looseObject({
  enable_encrypt_fields: z.boolean().optional(),
  keyring: z
    .union([key, z.array(key).min(1)], { error: 'must be a key of 16 or 32 bytes, or a list of them' })
    .optional(),
})

/** Whether a value can be a key of a keyring: a text of 16 or 32 bytes. */
export function isKeyOfKeyring(value: unknown): value is string {
  return typeof value === 'string' && [16, 32].includes(Buffer.byteLength(value))
}
