/** A table with a line for each row, columns two blanks apart. The last cell of a row may be longer than its column. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((found, row) => {
    for (const [index, cell] of row.slice(0, -1).entries()) found[index] = Math.max(found[index] ?? 0, cell.length)
    return found
  }, [])
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** `1.5 MiB` */
export function readableBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** `3 min`, `2 d`; a time that has not come yet is negative. */
export function readableAge(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000)
  const steps = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
  ] as const
  const step = steps.find(([, length]) => Math.abs(seconds) >= 2 * length)
  return step ? `${Math.trunc(seconds / step[1])} ${step[0]}` : `${seconds} s`
}

/** One line of a snapshot's text for a terminal, which control characters would take over. */
export function printable(line: string): string {
  return line.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/** `2 routes, 1 services` */
export function readableCounts(counts: { readonly [kind: string]: number }): string {
  const text = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`)
  return text.join(', ') || 'nothing'
}
