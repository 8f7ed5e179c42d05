import { z } from 'zod'
import { jsonObject } from './common-fields.ts'
import { isSecretReference } from './secret-reference.ts'
import { uniqueOf } from './unique-of.ts'

/** HashiCorp Vault: kind `secrets`, id `vault/<id>`. */
export interface VaultSecret {
  /** Scheme, host and optional port. */
  readonly uri: string
  readonly prefix: string
  readonly token: string
  readonly namespace?: string | undefined
}

/** AWS Secrets Manager: kind `secrets`, id `aws/<id>`. */
export interface AwsSecret {
  readonly access_key_id: string
  readonly secret_access_key: string
  readonly session_token?: string | undefined
  /** Default `us-east-1`. */
  readonly region?: string | undefined
  /** Scheme, host and optional port; default: that of the region. */
  readonly endpoint_url?: string | undefined
}

/** Google Secret Manager: kind `secrets`, id `gcp/<id>`. Has either `auth_config` or `auth_file`. */
export interface GcpSecret {
  readonly auth_config?:
    | {
        readonly client_email: string
        readonly private_key: string
        readonly project_id: string
        /** Default `https://oauth2.googleapis.com/token`. */
        readonly token_uri?: string | undefined
        /** Default `https://www.googleapis.com/auth/cloud-platform` alone. */
        readonly scope?: readonly string[] | undefined
        /** Default `https://secretmanager.googleapis.com/v1`. */
        readonly entries_uri?: string | undefined
      }
    | undefined
  /** Path of a file with the same content, on the node. */
  readonly auth_file?: string | undefined
  /** Default true. */
  readonly ssl_verify?: boolean | undefined
}

const uriPattern = /^[^/]+:\/\/([\da-zA-Z.-]+|\[[\da-fA-F:]+\])(:\d+)?/
const uri = z.string().refine((text) => isSecretReference(text) || uriPattern.test(text), { error: 'is no URI' })

const vault: z.ZodType<VaultSecret> = z.looseObject({
  uri,
  prefix: z.string(),
  token: z.string(),
  namespace: z.string().optional(),
})

const aws: z.ZodType<AwsSecret> = z.looseObject({
  access_key_id: z.string(),
  secret_access_key: z.string(),
  session_token: z.string().optional(),
  region: z.string().optional(),
  endpoint_url: uri.optional(),
})

const gcp: z.ZodType<GcpSecret> = z
  .looseObject({
    auth_config: z
      .looseObject({
        client_email: z.string(),
        private_key: z.string(),
        project_id: z.string(),
        token_uri: z.string().optional(),
        scope: z.array(z.string()).optional(),
        entries_uri: z.string().optional(),
      })
      .optional(),
    auth_file: z.string().optional(),
    ssl_verify: z.boolean().optional(),
  })
  .superRefine(uniqueOf(['auth_config', 'auth_file'], { required: true }))

const managers: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>(Object.entries({ vault, aws, gcp }))

/** The managers whose settings entries of kind `secrets` may be: the first half of their ids. */
export const secretManagers: ReadonlySet<string> = new Set(managers.keys())

/** The schema of a secret manager's settings; the manager is the first half of the id: `vault/1`. */
export function secretSchemaOf(id: string): z.ZodType {
  return managers.get(id.split('/', 1)[0] ?? '') ?? jsonObject
}
