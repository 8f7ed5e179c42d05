/** For wrappers that write later than they are called: by then the caller may have reused its buffer. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  // Of a string, `new Uint8Array` would make an empty array.
  if (!(bytes instanceof Uint8Array)) throw new TypeError('put takes a Uint8Array')
  return new Uint8Array(bytes)
}
