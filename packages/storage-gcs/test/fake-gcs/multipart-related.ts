import { refusals } from './refusal.ts'

export interface MultipartUpload {
  /** Of the first part, JSON. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly contentType: string
  readonly bytes: Buffer
}

/** An object's metadata and its bytes in one body (RFC 2387). */
export function parseMultipart(contentType: string | undefined, body: Buffer): MultipartUpload {
  const [, quoted, bare] = /^multipart\/related;.*\bboundary=(?:"([^"]+)"|([^\s;"]+))/.exec(contentType ?? '') ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) throw refusals.badRequest('Bad content type.  Please use multipart.')
  const [metadata, media, ...others] = splitParts(body, boundary)
  if (metadata === undefined || media === undefined || others.length > 0) {
    throw refusals.badRequest('Malformed multipart body.')
  }
  if (!/^application\/json\b/.test(metadata.contentType)) throw refusals.badRequest('Metadata part is not JSON.')
  return { metadata: parseMetadata(metadata.bytes), contentType: media.contentType, bytes: media.bytes }
}

export function parseMetadata(bytes: Buffer): Record<string, unknown> {
  let metadata: unknown
  try {
    metadata = JSON.parse(bytes.toString())
  } catch {
    throw refusals.badRequest('Parse Error')
  }
  if (typeof metadata !== 'object' || metadata === null) throw refusals.badRequest('Parse Error')
  return { ...metadata }
}

interface Part {
  readonly contentType: string
  readonly bytes: Buffer
}

function splitParts(body: Buffer, boundary: string): Part[] {
  const delimiter = `\r\n--${boundary}`
  // The first delimiter needs no line before it.
  const text = Buffer.concat([Buffer.from('\r\n'), body])
  const parts: Part[] = []
  let start = text.indexOf(delimiter)
  while (
    start !== -1 &&
    !text
      .subarray(start + delimiter.length)
      .subarray(0, 2)
      .equals(Buffer.from('--'))
  ) {
    const end = text.indexOf(delimiter, start + delimiter.length)
    if (end === -1) throw refusals.badRequest('Missing end boundary in multipart body.')
    parts.push(parsePart(text.subarray(start + delimiter.length, end)))
    start = end
  }
  return parts
}

function parsePart(part: Buffer): Part {
  const end = part.indexOf('\r\n\r\n')
  if (end === -1) throw refusals.badRequest('Malformed multipart body.')
  const [, contentType = ''] = /\r\ncontent-type: *([^\r]+)/i.exec(part.subarray(0, end).toString()) ?? []
  return { contentType, bytes: part.subarray(end + 4) }
}
