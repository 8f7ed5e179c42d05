import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** A file of `fixtures/client-certificates`. */
export function certificatePem(name: string): string {
  return readFileSync(new URL(`fixtures/client-certificates/${name}`, import.meta.url), 'utf8')
}

/** What a data plane shows: a token, a certificate of the fixtures by its name, both or nothing. */
export interface Shown {
  readonly token?: string
  readonly certificate?: string
}

/** The status and the first line of an answer; `undefined` when there is no connection. */
export interface DataPlaneAnswer {
  readonly status: number
  readonly line: string
}

/** Makes one call on a connection of its own, to an address with `http:` or `https:`. */
export async function dataPlaneCall(
  endpoint: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: object },
  { token, certificate }: Shown,
): Promise<DataPlaneAnswer | undefined> {
  const isSecure = endpoint.startsWith('https:')
  const call = (isSecure ? httpsRequest : httpRequest)(`${endpoint}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: token },
    agent: false,
    ...(isSecure && { ca: certificatePem('ca.crt') }),
    ...(certificate !== undefined && { cert: certificatePem(`${certificate}.crt`), key: certificatePem('client.key') }),
  })
  call.end(body && JSON.stringify(body))
  try {
    const [response]: IncomingMessage[] = await once(call, 'response')
    if (response === undefined) return undefined
    return { status: response.statusCode ?? 0, line: await firstLine(response) }
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  } finally {
    call.destroy()
  }
}

async function firstLine(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return text.split('\n', 1)[0] ?? ''
}
