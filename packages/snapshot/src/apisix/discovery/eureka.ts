import { z } from 'zod'

/** Discovery by Eureka: kind `discovery`, id `eureka`. */
export interface EurekaDiscovery {
  /** URLs, at least one. */
  readonly host: readonly string[]
  /** Seconds, from 1. Default 30. */
  readonly fetch_interval?: number | undefined
  readonly prefix?: string | undefined
  /** Of nodes that have none, from 0. */
  readonly weight?: number | undefined
  /** Milliseconds, from 1. Default 2,000 to connect and to send, 5,000 to read. */
  readonly timeout?:
    | { readonly connect?: number | undefined; readonly send?: number | undefined; readonly read?: number | undefined }
    | undefined
}

const fromOne = z.int().min(1).optional()

export const eurekaDiscoverySchema: z.ZodType<EurekaDiscovery> = z.looseObject({
  host: z.array(z.string()).min(1),
  fetch_interval: fromOne,
  prefix: z.string().optional(),
  weight: z.int().min(0).optional(),
  timeout: z.looseObject({ connect: fromOne, send: fromOne, read: fromOne }).optional(),
})
