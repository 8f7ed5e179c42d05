import { z } from 'zod'
import { common, jsonObject, uniqueOf } from './common-fields.ts'

// The id (`vault/1`) belongs to the key, not to the fields that these managers check.
const fields = { ...common, id: z.union([z.string(), z.int()]).optional() }
const text = z.string().min(1)

const managers: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['vault', z.looseObject({ ...fields, uri: text, prefix: text, token: text, namespace: text.optional() })],
  [
    'aws',
    z.looseObject({
      ...fields,
      access_key_id: text,
      secret_access_key: text,
      session_token: text.optional(),
      region: text.optional(),
      endpoint_url: text.optional(),
    }),
  ],
  [
    'gcp',
    z
      .looseObject({
        ...fields,
        auth_config: jsonObject.optional(),
        auth_file: text.optional(),
        ssl_verify: z.boolean().optional(),
      })
      .superRefine(uniqueOf(['auth_config', 'auth_file'], { required: true })),
  ],
])

/** The schema of a secret manager's settings; the manager is the first half of the id: `vault/1`. */
export function secretSchemaOf(id: string): z.ZodType {
  return managers.get(id.split('/', 1)[0] ?? '') ?? jsonObject
}
