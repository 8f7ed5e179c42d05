import { describe, expect, it } from 'vitest'
import { printable, readableAge, readableBytes, table } from '../../src/snapshot/readable.ts'

describe('what people read', () => {
  it('holds nothing that would take over a terminal, or begin another line', () => {
    expect(printable('a\u001B[2Jb\nc\u009B\u202E')).toBe('a\\u{1b}[2Jb\\u{a}c\\u{9b}\\u{202e}')
    expect(printable('ключ 🔑 ü')).toBe('ключ 🔑 ü')
  })

  it('stands in columns that a sentence at the end of a row does not widen', () => {
    const rows = [
      ['SEQUENCE', 'AGE', 'ENTRIES'],
      ['2', 'damaged: a long sentence'],
      ['1', '3 min', '1 routes'],
    ]
    expect(table(rows)).toBe('SEQUENCE  AGE    ENTRIES\n2         damaged: a long sentence\n1         3 min  1 routes')
  })

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [3 * 1024 ** 3, '3.0 GiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(readableBytes(bytes)).toBe(text)
  })

  it.each([
    [999, '0 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_200_000, '2 h'],
    [200_000_000, '2 d'],
    [-180_000, '-3 min'],
  ])('%d ms are %s', (milliseconds, text) => {
    expect(readableAge(milliseconds)).toBe(text)
  })
})
