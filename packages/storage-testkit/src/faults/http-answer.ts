/** An HTTP/1.1 answer. It announces its length and that the connection is closed after it, unless its headers do. */
export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  readonly body?: string | undefined
}

/** The head of an answer as it goes over the wire. A header that is `undefined` is left out. */
export function headOf({ status, headers, body = '' }: HttpAnswer): string {
  const all = { 'content-length': String(Buffer.byteLength(body)), connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => (value === undefined ? '' : `${name}: ${value}\r\n`))
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`
}
