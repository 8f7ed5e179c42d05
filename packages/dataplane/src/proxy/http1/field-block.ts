/**
 * Header fields as they are on the wire: lines that each end in CRLF, one character per byte. A block is valid when
 * `isFieldBlock` says so, and is spliced rather than taken apart.
 */
export type FieldBlock = string

/** A field line of RFC 9112 §5: no space before the colon, no folding, no control byte, and only CRLF ends it. */
export const fieldLinePattern: string = String.raw`[!#$%&'*+\-.^_\`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n`

const block = new RegExp(`^(?:${fieldLinePattern})*$`)

export function isFieldBlock(text: string): boolean {
  return block.test(text)
}

/** Whether the name at `at` is `name` (in lower case, letters, digits and `-`), given that it is as long. */
export function isNameAt(text: string, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    // Sets the bit that tells small letters from capitals; no other character of a name becomes a letter by it.
    if ((text.charCodeAt(at + index) | 0x20) !== name.charCodeAt(index)) return false
  }
  return true
}

/** Without the whitespace around it that RFC 9110 §5.5 leaves out. */
export function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** The values of all fields of that name (in lower case), as one list; `undefined` when there is none. */
export function fieldValue(fields: FieldBlock, name: string): string | undefined {
  let value: string | undefined
  for (let at = 0; at < fields.length;) {
    const colon = fields.indexOf(':', at)
    const end = fields.indexOf('\r\n', colon)
    if (colon - at === name.length && isNameAt(fields, at, name)) {
      const next = trimmed(fields, colon + 1, end)
      value = value === undefined ? next : `${value}, ${next}`
    }
    at = end + 2
  }
  return value
}

/** Every field, for whoever needs them all: names in lower case, repeated ones joined. */
export function fieldRecord(fields: FieldBlock): { readonly [name: string]: string } {
  const record: { [name: string]: string } = Object.create(null)
  for (let at = 0; at < fields.length;) {
    const colon = fields.indexOf(':', at)
    const end = fields.indexOf('\r\n', colon)
    const name = fields.slice(at, colon).toLowerCase()
    const value = trimmed(fields, colon + 1, end)
    const before = record[name]
    record[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`
    at = end + 2
  }
  return record
}

/** Without the fields that `isDropped` names (it is asked in lower case). */
export function withoutFields(fields: FieldBlock, isDropped: (name: string) => boolean): FieldBlock {
  let kept = ''
  for (let at = 0; at < fields.length;) {
    const end = fields.indexOf('\r\n', at) + 2
    const name = fields.slice(at, fields.indexOf(':', at)).toLowerCase()
    if (!isDropped(name)) kept += fields.slice(at, end)
    at = end
  }
  return kept
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
