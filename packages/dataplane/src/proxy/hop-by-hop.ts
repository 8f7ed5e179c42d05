/** Fields that belong to one connection (RFC 9110 §7.6.1), framing included: each side of a proxy makes its own. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Fields that a message cannot lose by nominating them in its Connection field. */
const indispensable: ReadonlySet<string> = new Set(['host', 'content-length'])

/** Tells which fields (lower case) must not be forwarded, given the message's Connection fields. */
export function hopByHopTest(connection: string | readonly string[] | undefined): (name: string) => boolean {
  const options = connectionOptions(connection).filter((option) => !indispensable.has(option))
  if (options.length === 0) return (name) => hopByHop.has(name)
  const nominated = new Set(options)
  return (name) => hopByHop.has(name) || nominated.has(name)
}

/** The options of Connection fields, in lower case. */
export function connectionOptions(connection: string | readonly string[] | undefined): readonly string[] {
  const text = typeof connection === 'string' ? connection : (connection ?? []).join(',')
  return text
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '')
}
