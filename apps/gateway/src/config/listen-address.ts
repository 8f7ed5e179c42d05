import { systemCode } from '../error-text.ts'
import { UserError } from '../user-error.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** Where it was asked for, for error messages: `config.yaml: apisix.node_listen`, `--http`. */
  readonly origin: string
}

/** `8080`, `127.0.0.1:8080`, `[::1]:8080`. */
export function parseListenAddress(text: string, origin: string, defaultHost: string): ListenAddress {
  const match = /^(?:(\[[0-9a-f:]+\]|[^:]+):)?(\d{1,5})$/i.exec(text)
  const port = Number(match?.[2])
  if (!match || port > 65535) throw new UserError(`${origin}: "${text}" is not an address such as 127.0.0.1:9080`)
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? defaultHost, port, origin }
}

/** Runs `listen` and turns the system's refusal into one sentence. */
export async function listenOrExplain<T>(
  address: ListenAddress,
  listen: (address: ListenAddress) => Promise<T>,
): Promise<T> {
  try {
    return await listen(address)
  } catch (error) {
    const code = systemCode(error)
    if (code === '') throw error
    const reason = listenFailures[code] ?? code
    throw new UserError(`${address.origin}: cannot listen on ${shown(address)}: ${reason}`)
  }
}

function shown({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

const listenFailures: { readonly [code: string]: string } = {
  EADDRINUSE: 'the port is already in use',
  EACCES: 'not permitted (ports below 1024 need privileges)',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'the host name is not known',
}
