import { readFileSync } from 'node:fs'
import type { EtcdSourceOptions } from '@outlast/source-etcd'
import { UserError } from '../user-error.ts'

/** How a data plane reaches its control plane (or an etcd cluster). */
export type ControlPlaneLink = Pick<
  EtcdSourceOptions,
  'endpoints' | 'token' | 'user' | 'password' | 'tls' | 'timeoutMs'
> & {
  readonly prefix: string
  /** Where it was asked for, for error messages. */
  readonly origin: string
}

/** API7's variables `API7_CONTROL_PLANE_{ENDPOINTS,CERT,KEY,CA,SNI,TOKEN}`; `undefined` without endpoints. Throws `UserError`. */
export function controlPlaneFromEnvironment(
  environment: NodeJS.ProcessEnv,
  group: string,
): ControlPlaneLink | undefined {
  const text = environment['API7_CONTROL_PLANE_ENDPOINTS']
  if (!text) return undefined
  const tls = {
    ca: pem('CA', environment),
    cert: pem('CERT', environment),
    key: pem('KEY', environment),
    serverName: environment['API7_CONTROL_PLANE_SNI'] || undefined,
  }
  return {
    origin: 'API7_CONTROL_PLANE_ENDPOINTS',
    endpoints: parseEndpoints(text),
    prefix: `/gateway_groups/${group}`,
    token: environment['API7_CONTROL_PLANE_TOKEN'] || undefined,
    ...(Object.values(tls).some((value) => value !== undefined) && { tls }),
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
function pem(name: 'CA' | 'CERT' | 'KEY', environment: NodeJS.ProcessEnv): string | undefined {
  const value = environment[`API7_CONTROL_PLANE_${name}`]
  if (!value || value.includes('-----BEGIN')) return value || undefined
  try {
    return readFileSync(value, 'utf8')
  } catch {
    throw new UserError(`API7_CONTROL_PLANE_${name}: is neither PEM text nor a file that can be read`)
  }
}
