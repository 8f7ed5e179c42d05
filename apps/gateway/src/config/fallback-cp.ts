import { z } from 'zod'
import { storageBlockSchemas } from './storage-blocks.ts'

const name = z.string().min(1, 'must not be empty')
const wholeNumber = z.int('must be a whole number').nonnegative('must not be negative')
const keyFiles = z.array(name).min(1, 'must not be empty')

/** Where `fallback_cp` stands in a gateway's file. In a control plane's it is at the top. */
export const fallbackField: readonly string[] = ['deployment', 'fallback_cp']

export const fallbackCpSchema = z.object({
  cron_spec: name.optional(),
  /** Seconds. */
  interval: z.number().min(1, 'must be at least one second').optional(),
  mode: z.enum(['read', 'write']).optional(),
  /** The operator's word that nobody else writes to the store: then it need not enforce create-only writes. */
  single_writer: z.boolean().optional(),
  /** Private key that signs snapshots: PEM, as `outlast snapshot keygen signing` writes it. */
  signing_key_file: name.optional(),
  /** Public keys: whatever none of them has signed is refused. */
  trusted_key_files: keyFiles.optional(),
  /** Secret that seals the instance configuration; of several the first seals, and all open. */
  sealing_key_file: z.union([name, keyFiles], { error: 'must be the name of a file, or a list of them' }).optional(),
  /** Further stores, with a copy of every snapshot: exporters write them, and data planes read all of them. */
  replicas: z
    .array(
      z.object({
        /** For status, metrics and logs. Default: the store's own name. */
        name: name.optional(),
        /** Whether `retention` is applied to it as well. */
        prune: z.boolean().optional(),
        ...storageBlockSchemas,
      }),
    )
    .min(1, 'must not be empty')
    .optional(),
  /** Deletes old snapshots: the newest stay, then one a minute, then one an hour. */
  retention: z
    .object({
      newest: z.int('must say how many of the newest stay').min(1, 'must keep at least one'),
      minutely_hours: wholeNumber.optional(),
      hourly_days: wholeNumber.optional(),
    })
    .optional(),
  ...storageBlockSchemas,
})

export type FallbackCp = z.infer<typeof fallbackCpSchema>
