import { z } from 'zod'
import { certificate, privateKey } from './certificate.ts'
import { common, host, status, type CommonFields } from './common-fields.ts'
import { uniqueItems } from './unique-items.ts'
import { uniqueOf } from './unique-of.ts'

/** A certificate with its key: kind `ssls`. */
export interface Ssl extends Omit<CommonFields, 'name'> {
  /** `server` (the default) for the gateway's own front, `client` towards upstreams. */
  readonly type?: 'server' | 'client' | undefined
  /** PEM, 128 to 65,536 characters, or a `$secret://` or `$env://` reference. */
  readonly cert: string
  /** PEM or APISIX's ciphertext of it, 64 to 65,536 characters, or a reference. */
  readonly key: string
  /** Servers have exactly one of `sni` and `snis`. */
  readonly sni?: string | undefined
  readonly snis?: readonly string[] | undefined
  /** Further certificates for the same names (another algorithm). */
  readonly certs?: readonly string[] | undefined
  /** The keys of `certs`, in the same order. */
  readonly keys?: readonly string[] | undefined
  /** Asks clients for a certificate. */
  readonly client?:
    | {
        readonly ca: string
        /** Longest chain of certificates, from 0. Default 1. */
        readonly depth?: number | undefined
        /** Paths that need no certificate: at least one, none twice. */
        readonly skip_mtls_uri_regex?: readonly string[] | undefined
      }
    | undefined
  /** 1 (the default) enabled, 0 disabled. */
  readonly status?: 0 | 1 | undefined
  readonly ssl_protocols?: readonly ('TLSv1.1' | 'TLSv1.2' | 'TLSv1.3')[] | undefined
}

const { name: _, ...commonWithoutName } = common

export const sslSchema: z.ZodType<Ssl> = z
  .looseObject({
    ...commonWithoutName,
    type: z.enum(['server', 'client']).optional(),
    cert: certificate,
    key: privateKey,
    sni: host.optional(),
    snis: z.array(host).min(1).optional(),
    certs: z.array(certificate).optional(),
    keys: z.array(privateKey).optional(),
    client: z
      .looseObject({
        ca: certificate,
        depth: z.int().min(0).optional(),
        skip_mtls_uri_regex: uniqueItems(z.string()).optional(),
      })
      .optional(),
    status: status.optional(),
    ssl_protocols: uniqueItems(z.enum(['TLSv1.1', 'TLSv1.2', 'TLSv1.3']), { minimum: 0 }).optional(),
  })
  .superRefine((ssl, context) => {
    if (ssl.type === 'client') return
    uniqueOf(['sni', 'snis'], { required: true })(ssl, context)
    if ((ssl.certs?.length ?? 0) !== (ssl.keys?.length ?? 0)) {
      context.addIssue({ code: 'custom', message: 'needs as many keys as certs' })
    }
  })
