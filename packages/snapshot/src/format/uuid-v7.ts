import { randomBytes } from 'node:crypto'

/** A UUID version 7 (RFC 9562) of this time, in milliseconds since the Unix epoch. */
export function uuidV7(now: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x70
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export const uuidV7Pattern: RegExp = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Its time in milliseconds since the Unix epoch; `undefined` when the text is none. */
export function timeOfUuidV7(uuid: string): number | undefined {
  if (!uuidV7Pattern.test(uuid)) return undefined
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)
}
