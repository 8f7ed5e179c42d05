import { z } from 'zod'
import { boundedText } from '../bounded-text.ts'

/** Discovery by Nacos: kind `discovery`, id `nacos`. */
export interface NacosDiscovery {
  /** `http(s)://[user:password@]host:port`, each 2 to 100 characters, at least one. */
  readonly host: readonly string[]
  /** Seconds, from 1. Default 30. */
  readonly fetch_interval?: number | undefined
  /** At most 100 characters. Default `/nacos/v1/`. */
  readonly prefix?: string | undefined
  /** Of nodes that have none, from 1. Default 100. */
  readonly weight?: number | undefined
  /** Milliseconds, from 1. Default 2,000 to connect and to send, 5,000 to read. */
  readonly timeout?:
    | { readonly connect?: number | undefined; readonly send?: number | undefined; readonly read?: number | undefined }
    | undefined
  /** Default empty. */
  readonly access_key?: string | undefined
  /** Default empty. */
  readonly secret_key?: string | undefined
}

const serverPattern = /^https?:\/\/([a-zA-Z0-9\-_.]+:.+@)?[a-zA-Z0-9\-_.:]+$/
const server = boundedText({ minimum: 2, maximum: 100 }).refine(
  // Only short texts meet the pattern, which looks back and forth.
  (text) => text.length > 200 || serverPattern.test(text),
  { error: 'must be like http://user:password@host:port' },
)
const fromOne = z.int().min(1).optional()

export const nacosDiscoverySchema: z.ZodType<NacosDiscovery> = z.looseObject({
  host: z.array(server).min(1),
  fetch_interval: fromOne,
  prefix: boundedText({ maximum: 100 })
    .refine((text) => /^[/a-zA-Z0-9\-_.]+$/.test(text), { error: 'is no path' })
    .optional(),
  weight: fromOne,
  timeout: z.looseObject({ connect: fromOne, send: fromOne, read: fromOne }).optional(),
  access_key: z.string().optional(),
  secret_key: z.string().optional(),
})
