import { z } from 'zod'
import { uniqueItems } from '../unique-items.ts'
import { uniqueOf } from '../unique-of.ts'

/** Discovery by DNS: kind `discovery`, id `dns`. Has either `servers` or `resolv_conf`. */
export interface DnsDiscovery {
  /** `address` or `address:port`, at least one. */
  readonly servers?: readonly string[] | undefined
  /** Path of a file in the format of `/etc/resolv.conf`, on the node. */
  readonly resolv_conf?: string | undefined
  /** In which order kinds of record are tried: 1 to 5, none twice. */
  readonly order?: readonly ('last' | 'SRV' | 'A' | 'AAAA' | 'CNAME')[] | undefined
}

export const dnsDiscoverySchema: z.ZodType<DnsDiscovery> = z
  .looseObject({
    servers: z.array(z.string()).min(1).optional(),
    resolv_conf: z.string().optional(),
    order: uniqueItems(z.enum(['last', 'SRV', 'A', 'AAAA', 'CNAME'])).optional(),
  })
  .superRefine(uniqueOf(['servers', 'resolv_conf'], { required: true }))
