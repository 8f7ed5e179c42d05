// Castagnoli's polynomial, bits reversed (RFC 3720, appendix B.4).
const table = Int32Array.from({ length: 256 }, (_value, index) => {
  let rest = index
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0x82_f6_3b_78 : rest >>> 1
  return rest
})

/** CRC-32C as the service writes it: base64 of the four bytes, the highest first. */
export function crc32c(bytes: Uint8Array): string {
  let state = -1 // 32-bit numbers with a sign are the fast ones
  for (const byte of bytes) state = (table[(state ^ byte) & 0xff] ?? 0) ^ (state >>> 8)
  const result = Buffer.alloc(4)
  result.writeUInt32BE(~state >>> 0)
  return result.toString('base64')
}
