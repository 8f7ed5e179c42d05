import { z } from 'zod'

/** Letters, digits, `.`, `-`, `_`, and no step up: a name is one segment of keys, and must not leave its place in them. */
const pattern = /^(?!\.{1,2}$)[\w.-]{1,64}$/

export function isGroupName(name: string): boolean {
  return pattern.test(name)
}

/** The name of a gateway group in a configuration file. */
export const gatewayGroup: z.ZodString = z
  .string()
  .regex(pattern, 'must be 1 to 64 letters, digits, dots, dashes and underscores')
