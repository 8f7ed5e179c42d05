import { z } from 'zod'

/** The name of a gateway group: it is a segment of keys in stores. */
export const gatewayGroup: z.ZodString = z
  .string()
  .regex(/^(?!\.{1,2}$)[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes and underscores')
