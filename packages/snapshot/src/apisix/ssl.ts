import { z } from 'zod'
import { common, hostPattern, uniqueOf } from './common-fields.ts'

// References to a secret manager stand where the text would be, and are shorter.
const reference = z.string().regex(/^\$(secret|env):\/\//)
const certificate = z.union([reference, z.string().min(128).max(65_536)], {
  error: 'must be a certificate of 128 to 65536 characters, or a reference',
})
const key = z.union([reference, z.string().min(64).max(65_536)], {
  error: 'must be a key of 64 to 65536 characters, or a reference',
})
const serverName = z.string().min(1).regex(hostPattern, 'is no host name')

/** A certificate with its key, for the front (`server`, the default) or towards upstreams (`client`). */
export const sslSchema: z.ZodType = z
  .looseObject({
    ...common,
    type: z.enum(['server', 'client']).optional(),
    cert: certificate,
    key,
    sni: serverName.optional(),
    snis: z.array(serverName).min(1).optional(),
    certs: z.array(certificate).optional(),
    keys: z.array(key).optional(),
    client: z
      .looseObject({
        ca: certificate,
        depth: z.int().min(0).optional(),
        skip_mtls_uri_regex: z.array(z.string()).min(1).optional(),
      })
      .optional(),
    status: z.union([z.literal(0), z.literal(1)], { error: 'must be 0 or 1' }).optional(),
    ssl_protocols: z.array(z.enum(['TLSv1.1', 'TLSv1.2', 'TLSv1.3'])).optional(),
  })
  .superRefine((ssl, context) => {
    if (ssl.type !== 'client') uniqueOf(['sni', 'snis'], { required: true })(ssl, context)
  })
  .refine((ssl) => (ssl.certs?.length ?? 0) === (ssl.keys?.length ?? 0), {
    error: 'needs as many keys as certs',
  })
