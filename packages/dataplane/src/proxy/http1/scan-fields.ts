import { isNameAt, trimmed, type FieldBlock } from './field-block.ts'

const space = 0x20

/** What a valid field block says about framing and the connection, from one look at each line. */
export class ScannedFields {
  count = 0
  hosts = 0
  host = ''
  lengths = 0
  /** The first Content-Length, as it was sent. */
  length = ''
  codings = 0
  /** The first Transfer-Encoding, as it was sent. */
  coding = ''
  /** All Connection fields, as one list. */
  connection = ''
  upgrade = ''
  expect = ''
  hasDate = false
  /** The lines that no proxy forwards (RFC 9110 §7.6.1), and of a request those that this one sets itself, cut out. */
  endToEnd: FieldBlock = ''
}

/** Scans the valid block in `text` from `from` to the end. */
export function scanFields(text: string, from: number, to: number, side: 'request' | 'response'): ScannedFields {
  const scanned = new ScannedFields()
  let kept = ''
  let keptFrom = from
  for (let at = from; at < to;) {
    const colon = text.indexOf(':', at)
    const end = text.indexOf('\r\n', colon) + 2
    scanned.count += 1
    if (isCut(scanned, text, at, colon, end - 2, side)) {
      if (at > keptFrom) kept += text.slice(keptFrom, at)
      keptFrom = end
    }
    at = end
  }
  scanned.endToEnd = keptFrom < to ? kept + text.slice(keptFrom, to) : kept
  return scanned
}

/** Notes what a field says; tells whether it is not forwarded. Looks first at the length of the name: most need no more. */
function isCut(
  scanned: ScannedFields,
  text: string,
  at: number,
  colon: number,
  end: number,
  side: 'request' | 'response',
): boolean {
  switch (colon - at) {
    case 2:
      return isNameAt(text, at, 'te')
    case 4:
      if (isNameAt(text, at, 'date')) scanned.hasDate = true
      if (side === 'response' || !isNameAt(text, at, 'host')) return false
      scanned.hosts += 1
      scanned.host = trimmed(text, colon + 1, end)
      return true
    case 6:
      if (side === 'response' || !isNameAt(text, at, 'expect')) return false
      scanned.expect = listed(scanned.expect, trimmed(text, colon + 1, end))
      return true
    case 7:
      if (isNameAt(text, at, 'upgrade')) {
        scanned.upgrade = listed(scanned.upgrade, trimmed(text, colon + 1, end))
        return true
      }
      return isNameAt(text, at, 'trailer')
    case 9:
      return side === 'request' && isNameAt(text, at, 'x-real-ip')
    case 10:
      if (isNameAt(text, at, 'connection')) {
        scanned.connection = listed(scanned.connection, trimmed(text, colon + 1, end))
        return true
      }
      return isNameAt(text, at, 'keep-alive')
    case 14:
      if (isNameAt(text, at, 'content-length')) {
        scanned.lengths += 1
        scanned.length = withoutSpaces(text, colon + 1, end)
        return false
      }
      return isNameAt(text, at, 'http2-settings')
    case 15:
      return side === 'request' && isNameAt(text, at, 'x-forwarded-for')
    case 16:
      if (isNameAt(text, at, 'proxy-connection')) {
        // An old name for Connection that node:http heeds as well.
        scanned.connection = listed(scanned.connection, trimmed(text, colon + 1, end))
        return true
      }
      return side === 'request' && (isNameAt(text, at, 'x-forwarded-host') || isNameAt(text, at, 'x-forwarded-port'))
    case 17:
      if (isNameAt(text, at, 'transfer-encoding')) {
        scanned.codings += 1
        scanned.coding = withoutSpaces(text, colon + 1, end)
        return true
      }
      return side === 'request' && isNameAt(text, at, 'x-forwarded-proto')
    default:
      return false
  }
}

/** For what says where a body ends: parsers disagree about tabs around it, nginx for one takes them for a part of it. */
function withoutSpaces(text: string, from: number, to: number): string {
  let start = from
  let end = to
  // No expression for this: on spaces inside it would take time by the square of their number.
  while (start < end && text.charCodeAt(start) === space) start += 1
  while (end > start && text.charCodeAt(end - 1) === space) end -= 1
  return text.slice(start, end)
}

function listed(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`
}
