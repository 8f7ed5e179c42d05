import { z } from 'zod'
import { boundedText } from './bounded-text.ts'
import { common, identifier, pluginsSchema, type CommonFields, type Identifier, type Plugins } from './common-fields.ts'

/** A user of the gateway: kind `consumers`, with the user name as its id. */
export interface Consumer extends Omit<CommonFields, 'name'> {
  /** 1 to 256 letters, digits, dashes and underscores. */
  readonly username: string
  /** A consumer group, whose plugins apply below the consumer's own. */
  readonly group_id?: Identifier | undefined
  readonly plugins?: Plugins | undefined
}

const { name: _, ...commonWithoutName } = common

export const consumerSchema: z.ZodType<Consumer> = z.looseObject({
  ...commonWithoutName,
  username: z.string().regex(/^[a-zA-Z0-9_-]{1,256}$/, 'must be 1 to 256 letters, digits, dashes and underscores'),
  group_id: identifier.optional(),
  plugins: pluginsSchema.optional(),
})

/** One way for a consumer to authenticate: kind `consumers`, id `<username>/credentials/<id>`. */
export interface Credential extends Omit<CommonFields, 'id'> {
  /** An id as of any resource, or `<username>/credentials/<id>` of 15 to 128 characters. */
  readonly id?: Identifier | undefined
  /** At most one: the plugin that authenticates. */
  readonly plugins?: Plugins | undefined
}

const credentialIdentifier = boundedText({ minimum: 15, maximum: 128 }).refine((id) =>
  /^[a-zA-Z0-9\-_]+\/credentials\/[a-zA-Z0-9\-_.]+$/.test(id),
)

export const credentialSchema: z.ZodType<Credential> = z.looseObject({
  ...common,
  id: z.union([identifier, credentialIdentifier], { error: 'is no credential id' }).optional(),
  plugins: pluginsSchema
    .refine((plugins) => Object.keys(plugins).length <= 1, { error: 'holds more than one plugin' })
    .optional(),
})
