/** More names than this are left to `sort`: what is done here takes the square of their number. */
const fewNames = 20

/** Sorts names by their UTF-16 code units, in place. Nearly all objects have few, and `sort` takes longer to begin than to sort them. */
export function sortNames(names: string[]): string[] {
  if (names.length > fewNames) return names.sort()
  for (let end = 1; end < names.length; end += 1) {
    const name = names[end] ?? ''
    let at = end
    for (; at > 0; at -= 1) {
      const before = names[at - 1] ?? ''
      if (before <= name) break
      names[at] = before
    }
    names[at] = name
  }
  return names
}
