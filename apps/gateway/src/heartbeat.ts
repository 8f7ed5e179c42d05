import { z } from 'zod'

/** Where a control plane takes heartbeats: on its API for data planes, with what a data plane shows to follow it. */
export const heartbeatPath = '/outlast/v1/heartbeat'

/** Without what is written as six characters in JSON: the list of many data planes stays small. */
const text = z
  .string()
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u)
const count = z.int().nonnegative()

/** What a node tells its control plane of itself. Fields that are not known are left out: they may be a later version's. */
export const heartbeatSchema = z.object({
  /** Of the node's data folder, or of its process: random. */
  id: z.string().regex(/^[\w-]{8,64}$/),
  hostname: text,
  version: text,
  /** `live` while it follows; otherwise a word of `DataPlaneMode`, or a later version's. */
  mode: text.min(1),
  /** Name of the source of the configuration in effect. */
  source: text.optional(),
  position: z.object({ epoch: count, revision: count }).optional(),
  /** Of the configuration in effect. */
  digest: text.optional(),
  /** How many entries it cannot use. */
  quarantined: count,
  /** In milliseconds since the Unix epoch. */
  startedAt: count,
})

export type Heartbeat = z.infer<typeof heartbeatSchema>
