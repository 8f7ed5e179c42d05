/** Bytes that any text conversion, compression or shift by one would damage visibly. */
export function sampleBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}
