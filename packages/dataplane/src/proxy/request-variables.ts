import type { RouterRequest } from './router.ts'

/** What variables are read from. */
export interface VariableRequest extends RouterRequest {
  /** Lower case, without port. */
  readonly hostName: string
  readonly normalizedPath: string
}

const plainVariables: { readonly [name: string]: (request: VariableRequest) => string | undefined } = {
  request_method: (request) => request.method,
  method: (request) => request.method,
  host: (request) => request.hostName,
  uri: (request) => request.normalizedPath,
  request_uri: (request) => request.path,
  remote_addr: (request) => request.remoteAddr,
  args: (request) => queryOf(request.path),
  query_string: (request) => queryOf(request.path),
  content_type: (request) => headerOf(request, 'content_type'),
  content_length: (request) => headerOf(request, 'content_length'),
}

const variableFamilies: { readonly [prefix: string]: (request: VariableRequest, name: string) => string | undefined } =
  {
    arg_: (request, name) => formField(queryOf(request.path) ?? '', name),
    http_: (request, name) => headerOf(request, name),
    cookie_: (request, name) => cookieOf(request, name),
    post_arg_: (request, name) =>
      headerOf(request, 'content_type')?.startsWith('application/x-www-form-urlencoded')
        ? formField(request.body ?? '', name)
        : undefined,
  }

export type VariableReader = (request: VariableRequest) => string | undefined

/** How a variable is read, or `undefined` for a name that is not known here. */
export function variableReader(name: string): VariableReader | undefined {
  if (Object.hasOwn(plainVariables, name)) return plainVariables[name]
  for (const [prefix, read] of Object.entries(variableFamilies)) {
    if (name.startsWith(prefix)) return (request) => read(request, name.slice(prefix.length))
  }
  return undefined
}

function queryOf(path: string): string | undefined {
  const at = path.indexOf('?')
  return at < 0 ? undefined : path.slice(at + 1)
}

/** The first field of that name, decoded; names are case-sensitive. */
function formField(encoded: string, name: string): string | undefined {
  return new URLSearchParams(encoded).get(name) ?? undefined
}

/** `name` as nginx writes it: lower case, `_` for `-`. */
function headerOf(request: VariableRequest, name: string): string | undefined {
  for (const [header, value] of Object.entries(request.headers ?? {})) {
    if (header.toLowerCase().replaceAll('-', '_') === name) {
      return typeof value === 'object' ? value.join(', ') : value
    }
  }
  return undefined
}

function cookieOf(request: VariableRequest, name: string): string | undefined {
  for (const pair of headerOf(request, 'cookie')?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (at >= 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}
