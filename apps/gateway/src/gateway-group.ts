import { z } from 'zod'
import { UserError } from './user-error.ts'

/** Letters, digits, `.`, `-`, `_`, and no step up: a name is one segment of keys, and must not leave its place in them. */
const pattern = /^(?!\.{1,2}$)[\w.-]{1,64}$/

export function isGroupName(name: string): boolean {
  return pattern.test(name)
}

/** The name of a gateway group in a configuration file. */
export const gatewayGroup: z.ZodString = z
  .string()
  .regex(pattern, 'must be 1 to 64 letters, digits, dots, dashes and underscores')

/** The group of a gateway: API7_GATEWAY_GROUP_SHORT_ID, default `default`. Throws `UserError`. */
export function groupOfEnvironment(environment: NodeJS.ProcessEnv): string {
  const group = gatewayGroup.safeParse(environment['API7_GATEWAY_GROUP_SHORT_ID'] || 'default')
  if (group.success) return group.data
  throw new UserError(`API7_GATEWAY_GROUP_SHORT_ID: ${group.error.issues[0]?.message ?? 'is not valid'}`)
}
