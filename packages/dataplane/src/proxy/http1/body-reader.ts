import type { BodyFraming } from './body-framing.ts'
import { isChunkExtension, isTrailer, staysOnLine } from './chunk-syntax.ts'
import type { FieldBlock } from './field-block.ts'

/** Bytes of chunk extensions in one body. Nobody needs them; they are read past. */
const maximumExtensionBytes = 4096
const maximumTrailerBytes = 8192
// More digits are more bytes than a number counts exactly.
const maximumSizeDigits = 13

const carriageReturn = 0x0d
const lineFeed = 0x0a
const semicolon = 0x3b

/** What comes next in a chunked body. */
type Part = 'size' | 'extension' | 'size-end' | 'data' | 'data-return' | 'data-end' | 'trailers'

/**
 * Tells where a body ends, whatever pieces it comes in. It holds no payload: it says which bytes of a piece belong to the
 * body, and of these which are payload. What is malformed is a value, `isMalformed`, and ends the reading.
 */
export class BodyReader {
  /** All of it was read. */
  isComplete = true
  /** What came cannot be read, nor anything behind it. */
  isMalformed = false
  /** The trailer section of a chunked body, once complete. */
  trailers: FieldBlock = ''
  /** Of the bytes given to `read`: where their payload begins and ends. */
  payloadStart = 0
  payloadEnd = 0
  /**
   * Of the bytes given to `read`: up to here they can be passed on as they are. Short of what was read in a trailer
   * section, and the empty line behind it.
   */
  wireEnd = 0
  #framing: BodyFraming = 'none'
  #remaining = 0
  #part: Part = 'size'
  #digits = 0
  #extensionBytes = 0
  /** What was read of the extension, or of the trailer section. */
  #line = ''
  /** Where the last line of the trailer section begins. */
  #lineStart = 0

  /** Begins the next body. */
  begin(framing: BodyFraming, length: number): void {
    this.#framing = framing
    this.#remaining = framing === 'length' ? length : 0
    this.isComplete = framing === 'none' || (framing === 'length' && length === 0)
    this.isMalformed = false
    this.trailers = ''
    this.#part = 'size'
    this.#digits = 0
    this.#extensionBytes = 0
    this.#line = ''
    this.#lineStart = 0
  }

  /** Whether the end of the connection is the end of the body. */
  get endsWithConnection(): boolean {
    return this.#framing === 'close'
  }

  /**
   * Reads `bytes` from `from` up to the end of a piece of payload at most; returns where it stopped, which is not before
   * their end unless there is such a piece, or the body is complete or malformed. Call it again until it is.
   */
  read(bytes: Buffer, from: number): number {
    if (this.#framing === 'chunked') return this.#readChunks(bytes, from)
    const end =
      this.#framing === 'close' ? bytes.length : Math.min(bytes.length, this.isComplete ? from : from + this.#remaining)
    this.payloadStart = from
    this.payloadEnd = end
    this.wireEnd = end
    if (this.#framing === 'length') {
      this.#remaining -= end - from
      if (this.#remaining === 0) this.isComplete = true
    }
    return end
  }

  /** The same in one go, for bytes that are passed on as they are: ignores what is payload. */
  readOn(bytes: Buffer, from: number): number {
    let at = this.read(bytes, from)
    while (at < bytes.length && !this.isComplete && !this.isMalformed) at = this.read(bytes, at)
    return at
  }

  #readChunks(bytes: Buffer, from: number): number {
    this.payloadStart = from
    this.payloadEnd = from
    this.wireEnd = from
    let at = from
    while (at < bytes.length && !this.isComplete && !this.isMalformed) {
      if (this.#part === 'data') {
        const end = Math.min(bytes.length, at + this.#remaining)
        this.#remaining -= end - at
        this.payloadStart = at
        this.payloadEnd = end
        this.wireEnd = end
        if (this.#remaining === 0) this.#part = 'data-return'
        return end
      }
      if (this.#part === 'extension') at = this.#readExtension(bytes, at)
      else if (this.#part === 'trailers') at = this.#readTrailers(bytes, at)
      else {
        this.#readSyntax(bytes[at] ?? 0)
        at += 1
        this.wireEnd = at
      }
    }
    return at
  }

  /** One byte of what stands between the payloads of two chunks. */
  #readSyntax(byte: number): void {
    switch (this.#part) {
      case 'size': {
        const digit = hexadecimal(byte)
        if (digit >= 0 && this.#digits < maximumSizeDigits) {
          this.#remaining = this.#remaining * 16 + digit
          this.#digits += 1
        } else if (this.#digits > 0 && byte === carriageReturn) this.#part = 'size-end'
        else if (this.#digits > 0 && byte === semicolon) {
          this.#line = ';'
          this.#part = 'extension'
        } else this.isMalformed = true
        return
      }
      case 'size-end':
        if (byte !== lineFeed) this.isMalformed = true
        this.#digits = 0
        this.#line = ''
        this.#part = this.#remaining === 0 ? 'trailers' : 'data'
        return
      case 'data-return':
        if (byte !== carriageReturn) this.isMalformed = true
        this.#part = 'data-end'
        return
      default:
        if (byte !== lineFeed) this.isMalformed = true
        this.#part = 'size'
    }
  }

  #readExtension(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(carriageReturn, from)
    const end = found < 0 ? bytes.length : found
    this.#extensionBytes += end - from
    if (this.#extensionBytes > maximumExtensionBytes) {
      this.isMalformed = true
      return from
    }
    const part = bytes.toString('latin1', from, end)
    this.#line += part
    // It is passed on before the whole of it is known: many servers take a bare LF for its end, and what follows for
    // the chunk, the end of the body and another request.
    if (found < 0 ? !staysOnLine(part) : !isChunkExtension(this.#line)) {
      this.isMalformed = true
      return from
    }
    if (found < 0) {
      this.wireEnd = end
      return end
    }
    this.#part = 'size-end'
    this.wireEnd = end + 1
    return end + 1
  }

  #readTrailers(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(lineFeed, from)
    const end = found < 0 ? bytes.length : found + 1
    if (this.#line.length + end - from > maximumTrailerBytes) {
      this.isMalformed = true
      return from
    }
    this.#line += bytes.toString('latin1', from, end)
    if (found < 0) return end
    const line = this.#line.slice(this.#lineStart)
    if (line === '\r\n') {
      this.trailers = this.#line.slice(0, this.#lineStart)
      this.isComplete = true
    } else if (!isTrailer(line)) this.isMalformed = true
    this.#lineStart = this.#line.length
    return end
  }
}

function hexadecimal(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const small = byte | 0x20
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -1
}
