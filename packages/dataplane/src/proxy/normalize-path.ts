/**
 * The path that routes are matched against, as nginx makes `$uri`: percent-decoded, repeated slashes merged, dot
 * segments resolved (so an encoded slash separates segments). Bytes, one per character: compare with `toByteString`.
 * `undefined` for what nginx answers with 400: a malformed escape, an encoded NUL, a path that climbs above the root.
 */
export function normalizePath(target: string): string | undefined {
  if (target.startsWith('/') && !unusual.test(target)) return target
  const query = target.indexOf('?')
  const raw = toByteString(query < 0 ? target : target.slice(0, query))
  if (!raw.startsWith('/')) return undefined
  if (!unusual.test(raw)) return raw
  const decoded = raw.includes('%') ? percentDecode(raw) : raw
  if (decoded === undefined) return undefined
  return decoded.includes('//') || decoded.includes('/.') ? resolveSegments(decoded) : decoded
}

/** What nearly no path has, and what has to be looked at more closely. */
const unusual = /[%?]|\/[./]|[^\0-\xff]/

/** UTF-8 bytes of a text, one per character; a text that already is one byte per character stays. */
function toByteString(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0xff) return Buffer.from(text, 'utf8').toString('latin1')
  }
  return text
}

function percentDecode(text: string): string | undefined {
  let malformed = false
  const decoded = text.replaceAll(/%(..?)?/gs, (_escape, digits: string | undefined) => {
    const valid = digits !== undefined && /^[0-9a-f]{2}$/i.test(digits) && digits !== '00'
    if (!valid) malformed = true
    return valid ? String.fromCharCode(Number.parseInt(digits, 16)) : ''
  })
  return malformed ? undefined : decoded
}

function resolveSegments(path: string): string | undefined {
  const segments = path.split('/')
  const last = segments.at(-1) ?? ''
  const resolved: string[] = []
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') resolved.push(segment)
    else if (resolved.pop() === undefined) return undefined
  }
  const endsInFolder = last === '' || last === '.' || last === '..'
  return resolved.length === 0 ? '/' : `/${resolved.join('/')}${endsInFolder ? '/' : ''}`
}
