import type { EtcdSourceOptions } from '@outlast/source-etcd'
import { UserError } from '../user-error.ts'
import { readPem } from './read-pem.ts'

/** How a data plane reaches its control plane (or an etcd cluster). */
export interface ControlPlaneLink extends Pick<
  EtcdSourceOptions,
  'endpoints' | 'token' | 'user' | 'password' | 'timeoutMs'
> {
  readonly prefix: string
  /** Where it was asked for, for error messages. */
  readonly origin: string
  readonly tls?: LinkTls | undefined
}

interface LinkTls {
  /** What is asked for: files by their names. */
  readonly named: object
  /** The same, with what the files hold now. Throws the `UserError` of one that is of no use. */
  read(): EtcdSourceOptions['tls']
}

/** What is asked for of a link's TLS; certificates and keys by their names, or as they are. */
interface NamedTls {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly serverName: string | undefined
  readonly verify?: boolean | undefined
}

/** A link's TLS, whose certificates are what `read` makes of their names; `undefined` when nothing is asked for. */
export function linkTls(
  named: NamedTls,
  read: (field: 'ca' | 'cert' | 'key', name: string) => string,
): LinkTls | undefined {
  if (Object.values(named).every((value) => value === undefined)) return undefined
  const held = (field: 'ca' | 'cert' | 'key'): string | undefined => {
    const name = named[field]
    return name === undefined ? undefined : read(field, name)
  }
  return { named, read: () => ({ ...named, ca: held('ca'), cert: held('cert'), key: held('key') }) }
}

/** How it is reached now. Reads certificates. Throws `UserError`. */
export function etcdOptions({ origin: _origin, tls, ...options }: ControlPlaneLink): EtcdSourceOptions {
  return { ...options, tls: tls?.read() }
}

/** API7's variables `API7_CONTROL_PLANE_{ENDPOINTS,CERT,KEY,CA,SNI,TOKEN}`; `undefined` without endpoints. Throws `UserError`. */
export function controlPlaneFromEnvironment(
  environment: NodeJS.ProcessEnv,
  group: string,
): ControlPlaneLink | undefined {
  const text = environment['API7_CONTROL_PLANE_ENDPOINTS']
  if (!text) return undefined
  const named = {
    ca: environment['API7_CONTROL_PLANE_CA'] || undefined,
    cert: environment['API7_CONTROL_PLANE_CERT'] || undefined,
    key: environment['API7_CONTROL_PLANE_KEY'] || undefined,
    serverName: environment['API7_CONTROL_PLANE_SNI'] || undefined,
  }
  return {
    origin: 'API7_CONTROL_PLANE_ENDPOINTS',
    endpoints: parseEndpoints(text),
    prefix: `/gateway_groups/${group}`,
    token: environment['API7_CONTROL_PLANE_TOKEN'] || undefined,
    tls: linkTls(named, pem),
  }
}

// API7 writes a JSON array; a comma-separated list is what people type.
function parseEndpoints(text: string): string[] {
  const items: unknown = text.trimStart().startsWith('[') ? parseJson(text) : text.split(',').map((item) => item.trim())
  const endpoints = Array.isArray(items) ? items.filter(isHttpUrl) : []
  if (Array.isArray(items) && endpoints.length === items.length && endpoints.length > 0) return endpoints
  throw new UserError(
    'API7_CONTROL_PLANE_ENDPOINTS: must be a JSON array of URLs such as ["https://cp.example.com:7943"]',
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isHttpUrl(text: unknown): text is string {
  return typeof text === 'string' && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

// The contents, as API7 has it, or the name of a file.
function pem(field: 'ca' | 'cert' | 'key', value: string): string {
  if (value.includes('-----BEGIN')) return value
  return readPem(
    value,
    () => new UserError(`API7_CONTROL_PLANE_${field.toUpperCase()}: is neither PEM text nor a file that can be read`),
  )
}
