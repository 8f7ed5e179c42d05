import { z } from 'zod'
import { common, credentialIdentifier, identifier, pluginsSchema } from './common-fields.ts'

/** A user of the gateway. Lives under its user name, not under an id. */
export const consumerSchema: z.ZodType = z.looseObject({
  ...common,
  username: z
    .string()
    .max(256)
    .regex(/^[a-zA-Z0-9_-]+$/, 'must be letters, digits, dashes and underscores'),
  group_id: identifier.optional(),
  plugins: pluginsSchema.optional(),
})

/** One way for a consumer to authenticate: kind `consumers`, id `<username>/credentials/<id>`. */
export const credentialSchema: z.ZodType = z.looseObject({
  ...common,
  id: credentialIdentifier.optional(),
  plugins: pluginsSchema
    .refine((plugins) => Object.keys(plugins).length <= 1, { error: 'holds more than one plugin' })
    .optional(),
})
