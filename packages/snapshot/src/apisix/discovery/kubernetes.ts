import { z } from 'zod'
import { boundedText } from '../bounded-text.ts'
import { uniqueOf } from '../unique-of.ts'

/** One Kubernetes cluster. */
export interface KubernetesCluster {
  /** Its API server. */
  readonly service?:
    | {
        /** Default `https`. */
        readonly schema?: 'http' | 'https' | undefined
        /** Or `${VARIABLE}`. Default `${KUBERNETES_SERVICE_HOST}`. */
        readonly host?: string | undefined
        /** Digits, or `${VARIABLE}`. Default `${KUBERNETES_SERVICE_PORT}`. */
        readonly port?: string | undefined
        readonly ssl_verify?: boolean | undefined
      }
    | undefined
  readonly client?:
    | {
        /** At most 4,096 characters, or `${VARIABLE}`. */
        readonly token?: string | undefined
        /** Path on the node, 1 to 500 characters. Default: the service account's. */
        readonly token_file?: string | undefined
      }
    | undefined
  /** At most one of the four; `match` and `not_match` are regular expressions. */
  readonly namespace_selector?:
    | {
        readonly equal?: string | undefined
        readonly not_equal?: string | undefined
        readonly match?: readonly string[] | undefined
        readonly not_match?: readonly string[] | undefined
      }
    | undefined
  readonly label_selector?: string | undefined
  /** Weight of nodes, from 0. Default 50. */
  readonly default_weight?: number | undefined
  /** Of the shared memory, like `64m` (the default). */
  readonly shared_size?: string | undefined
  /** Whether EndpointSlices are watched instead of Endpoints. Default false. */
  readonly watch_endpoint_slices?: boolean | undefined
}

/** One of several clusters: `service.host`, `service.port` and exactly one kind of token have to be there. */
export interface NamedKubernetesCluster extends KubernetesCluster {
  /** 1 to 64 of `a-z 0-9`; names the cluster in `service_name`. */
  readonly id: string
  readonly service: NonNullable<KubernetesCluster['service']> & { readonly host: string; readonly port: string }
  readonly client: NonNullable<KubernetesCluster['client']>
}

/** Discovery by Kubernetes: kind `discovery`, id `kubernetes`. */
export type KubernetesDiscovery = KubernetesCluster | readonly NamedKubernetesCluster[]

const variable = /^\$\{[_A-Za-z](?:[_A-Za-z0-9]*[_A-Za-z])?\}$/
const hostName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const portNumber = /^[1-9][0-9]{0,4}$/

const host = z.string().refine((text) => variable.test(text) || hostName.test(text), { error: 'is no host name' })
const port = z.string().refine((text) => variable.test(text) || (portNumber.test(text) && Number(text) <= 65_535), {
  error: 'must be the digits of 1 to 65535',
})
const token = z
  .string()
  .refine((text) => variable.test(text) || /^[A-Za-z0-9+/._=-]{0,4096}$/.test(text), { error: 'is no token' })
const tokenFile = boundedText({ minimum: 1, maximum: 500 }).refine((text) => !/[:*?"<>|]/.test(text), {
  error: 'is no path',
})
const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9_.]*[a-z0-9])?$/, 'is no namespace')
const namespacePatterns = z.array(z.string().regex(/^[\x21-\x7e]*$/, 'holds a blank or special character')).min(1)

const service = { schema: z.enum(['http', 'https']).optional(), ssl_verify: z.boolean().optional() }
const client = z.looseObject({ token: token.optional(), token_file: tokenFile.optional() })

const selection = {
  namespace_selector: z
    .looseObject({
      equal: namespace.optional(),
      not_equal: namespace.optional(),
      match: namespacePatterns.optional(),
      not_match: namespacePatterns.optional(),
    })
    .superRefine(uniqueOf(['equal', 'not_equal', 'match', 'not_match']))
    .optional(),
  label_selector: z.string().optional(),
  default_weight: z.int().min(0).optional(),
  shared_size: z
    .string()
    .regex(/^[1-9][0-9]*m$/, 'must be like 64m')
    .optional(),
  watch_endpoint_slices: z.boolean().optional(),
}

export const kubernetesDiscoverySchema: z.ZodType<KubernetesDiscovery> = z.union([
  z.looseObject({
    service: z.looseObject({ ...service, host: host.optional(), port: port.optional() }).optional(),
    client: client.optional(),
    ...selection,
  }),
  z
    .array(
      z.looseObject({
        id: z.string().regex(/^[a-z0-9]{1,64}$/, 'must be 1 to 64 of a-z and 0-9'),
        service: z.looseObject({ ...service, host, port }),
        client: client.superRefine(uniqueOf(['token', 'token_file'], { required: true })),
        ...selection,
      }),
    )
    .min(1),
])
