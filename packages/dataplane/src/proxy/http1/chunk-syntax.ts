import { isFieldBlock, withoutFields, type FieldBlock } from './field-block.ts'

const token = String.raw`[!#$%&'*+\-.^_\`|~0-9A-Za-z]+`
const quoted = String.raw`"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"`
const extension = new RegExp(String.raw`^(?:;${token}(?:=(?:${token}|${quoted}))?)+$`)

/** Chunk extensions (RFC 9112 §7.1.1) without optional whitespace, which parsers disagree about. */
export function isChunkExtension(text: string): boolean {
  return extension.test(text)
}

const extensionBytes = /^[\t\x20-\x7e\x80-\xff]*$/

/** Whether a piece of chunk extensions has no byte that some parser could take for the end of the line. */
export function staysOnLine(text: string): boolean {
  return extensionBytes.test(text)
}

/** Whoever took one of them for a header field would see another message. */
const unsafeTrailer = /^(?:connection|content-length|host|proxy-connection|transfer-encoding|upgrade):/i

/** Whether a line can be in the trailer section of a message that has one meaning only. */
export function isTrailer(line: string): boolean {
  return isFieldBlock(line) && !unsafeTrailer.test(line)
}

/** Fields that a trailer section must not hold: of the connection, framing, routing, authentication, payload (RFC 9110 §6.5.1). */
const forbiddenInTrailers: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What may be forwarded of a trailer section. */
export function forwardedTrailers(fields: FieldBlock): FieldBlock {
  return fields === '' ? '' : withoutFields(fields, (name) => forbiddenInTrailers.has(name))
}
