import { z } from 'zod'
import type { PluginSchema } from './plugin-schema.ts'
import { defaulting, off, text } from './setting.ts'

const anonymous = { anonymous_consumer: text.optional() }
const realm = (name: string) => ({ realm: defaulting(text, name) })
const hmacAlgorithms = ['hmac-sha1', 'hmac-sha256', 'hmac-sha512'] as const
const sharedSecret = ['HS256', 'HS384', 'HS512'] as const
const keyPair = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'] as const
const jwtAlgorithms: ReadonlySet<string> = new Set(keyPair)

/** Plugins that find out who a client is. */
export const authenticationPlugins: readonly PluginSchema[] = [
  {
    name: 'hmac-auth',
    priority: 2530,
    isAuthentication: true,
    settings: z.looseObject({
      allowed_algorithms: defaulting(z.array(z.enum(hmacAlgorithms)).min(1), [...hmacAlgorithms]),
      clock_skew: defaulting(z.int().min(1), 300),
      signed_headers: defaulting(z.array(z.string().min(1).max(50)), ['date']),
      validate_request_body: off,
      max_req_body_size: defaulting(z.int().min(1), 67_108_864),
      hide_credentials: off,
      ...realm('hmac'),
      ...anonymous,
    }),
    consumerSettings: z.looseObject({ key_id: z.string().min(1).max(256), secret_key: z.string().min(1).max(256) }),
  },
  {
    name: 'basic-auth',
    priority: 2520,
    isAuthentication: true,
    settings: z.looseObject({ hide_credentials: off, ...realm('basic'), ...anonymous }),
    consumerSettings: z.looseObject({ username: z.string(), password: z.string() }),
  },
  {
    name: 'jwt-auth',
    priority: 2510,
    isAuthentication: true,
    settings: z.looseObject({
      header: defaulting(z.string(), 'authorization'),
      query: defaulting(z.string(), 'jwt'),
      cookie: defaulting(z.string(), 'jwt'),
      key_claim_name: defaulting(text, 'key'),
      hide_credentials: off,
      store_in_ctx: off,
      claims_to_verify: z.array(z.enum(['exp', 'nbf'])).optional(),
      ...realm('jwt'),
      ...anonymous,
    }),
    consumerSettings: z
      .looseObject({
        key: text,
        secret: text.optional(),
        public_key: text.optional(),
        algorithm: defaulting(z.enum([...sharedSecret, ...keyPair]), 'HS256'),
        exp: defaulting(z.int().min(1), 86_400),
        base64_secret: off,
        lifetime_grace_period: defaulting(z.int().min(0), 0),
      })
      .refine(({ algorithm = 'HS256', public_key }) => !jwtAlgorithms.has(algorithm) || public_key !== undefined, {
        error: 'needs public_key for this algorithm',
      }),
  },
  {
    name: 'key-auth',
    priority: 2500,
    isAuthentication: true,
    settings: z.looseObject({
      header: defaulting(z.string(), 'apikey'),
      query: defaulting(z.string(), 'apikey'),
      hide_credentials: off,
      ...realm('key'),
      ...anonymous,
    }),
    consumerSettings: z.looseObject({ key: z.string() }),
  },
]
