/** More bytes are needed. */
export const headIncomplete = 0
export const headTooLarge = -2
const headMalformed = -1

const emptyLine = Buffer.from('\r\n\r\n')
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Where the head in `bytes` begins: RFC 9112 §2.2 lets a client send one empty line too many before it. */
export function headStart(bytes: Buffer): number {
  return bytes[0] === carriageReturn ? 2 : 0
}

/**
 * Where the head that `bytes` begin with (from `headStart`) ends, its empty line included, or one of the above; any other negative
 * number: no head begins like this. Of an earlier call with fewer of the same bytes, `scannedTo` is how many these were. However the bytes are
 * split into calls, the result is the same, as early as it can be told: what is no HTTP must not be waited for.
 */
export function findHeadEnd(
  bytes: Buffer,
  scannedTo: number,
  maximumBytes: number,
  side: 'request' | 'response',
): number {
  if (bytes.length === 0) return headIncomplete
  const start = headStart(bytes)
  if (start > 0) {
    if (side === 'response' || (bytes.length > 1 && bytes[1] !== lineFeed)) return headMalformed
    if (bytes.length <= start) return headIncomplete
  }
  // Methods and `HTTP/` begin with a capital.
  const first = bytes[start] ?? 0
  if (first < 0x41 || first > 0x5a) return headMalformed
  const found = bytes.indexOf(emptyLine, Math.max(start, scannedTo - 3))
  const end = found < 0 ? bytes.length : found + emptyLine.length
  const isTooLarge = end - start > maximumBytes
  // What is complete and small enough is looked at as a whole.
  if (found >= 0 && !isTooLarge) return end
  if (hasBareLineFeed(bytes, Math.max(start, scannedTo), Math.min(end, start + maximumBytes))) return headMalformed
  return isTooLarge ? headTooLarge : headIncomplete
}

function hasBareLineFeed(bytes: Buffer, from: number, to: number): boolean {
  for (let at = bytes.indexOf(lineFeed, from); at >= 0 && at < to; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at - 1] !== carriageReturn) return true
  }
  return false
}
