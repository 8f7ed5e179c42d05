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
    tls: Object.values(named).some((value) => value !== undefined)
      ? {
          named,
          read: () => ({
            ...named,
            ca: pem('CA', named.ca),
            cert: pem('CERT', named.cert),
            key: pem('KEY', named.key),
          }),
        }
      : undefined,
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
function pem(name: 'CA' | 'CERT' | 'KEY', value: string | undefined): string | undefined {
  if (value === undefined || value.includes('-----BEGIN')) return value
  return readPem(
    value,
    () => new UserError(`API7_CONTROL_PLANE_${name}: is neither PEM text nor a file that can be read`),
  )
}
