/** A place in a JSON value as RFC 6901 writes it; the whole value is the empty text. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The names in such a place, each as it is in the value. Throws `TypeError` for a text that is no JSON pointer. */
export function namesInPointer(pointer: string): string[] {
  if (pointer !== '' && !pointer.startsWith('/')) throw new TypeError(`"${pointer}" is no JSON pointer`)
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}
