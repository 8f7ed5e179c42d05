/**
 * Orders two keys by their UTF-8 bytes, for `Array.prototype.sort`: negative when `a` comes first.
 *
 * JavaScript's own order is by UTF-16 unit, which puts U+10000 and above (stored as surrogates, 0xD800 to
 * 0xDFFF) before U+E000 to U+FFFF; in UTF-8 they come last.
 */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

// Surrogates change places with U+E000 to U+FFFF.
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
