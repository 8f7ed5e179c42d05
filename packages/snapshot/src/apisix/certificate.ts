import { z } from 'zod'
import { boundedText } from './bounded-text.ts'
import { isSecretReference } from './secret-reference.ts'

// A reference to a secret manager stands where the text would be, and is shorter.
const reference = z.string().refine(isSecretReference)

/** A certificate in PEM, or a reference to one. */
export const certificate: z.ZodType<string> = z.union([reference, boundedText({ minimum: 128, maximum: 65_536 })], {
  error: 'must be a certificate of 128 to 65536 characters, or a reference',
})

/** A private key in PEM, encrypted or not, or a reference to one. */
export const privateKey: z.ZodType<string> = z.union([reference, boundedText({ minimum: 64, maximum: 65_536 })], {
  error: 'must be a key of 64 to 65536 characters, or a reference',
})
