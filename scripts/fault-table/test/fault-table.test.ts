import { readFile } from 'node:fs/promises'
import { faultCases } from '@outlast/storage-testkit'
import { describe, expect, it } from 'vitest'
import { adapters } from '../adapters.ts'
import { columns } from '../fault-table.ts'

const document = await readFile(new URL('../../../docs/storage-faults.md', import.meta.url), 'utf8')

describe('docs/storage-faults.md', () => {
  it.each(Object.entries(adapters))('has every fault for %s, with what the test kit asks for', (name, faults) => {
    const rows = rowsOf(name)
    const cases = faultCases(faults)
    expect(rows.map((row) => row['the server …'])).toEqual(cases.map((faultCase) => faultCase.name))
    for (const [index, { codes, retryable, timeoutMs }] of cases.entries()) {
      const row = rows[index]
      const found = [...(row?.error ?? '').matchAll(/`([\w-]+)`/g)].map(([, code]) => code)
      expect(found.length).toBeGreaterThan(0)
      expect(codes).toEqual(expect.arrayContaining(found))
      const answers = retryable === undefined ? ['yes', 'no'] : [retryable ? 'yes' : 'no']
      expect(answers).toContain(row?.retryable?.split(' ')[0])
      expect(row?.ends).toMatch(/^at the deadline$|^within /)
      expect(row?.deadline).toBe(`${timeoutMs / 1000} s`)
      expect(row?.['left open']).toBe('nothing')
    }
  })
})

type Row = Readonly<Partial<Record<(typeof columns)[number], string>>>

/** The rows of the table under an adapter's heading, by the names of the columns. */
function rowsOf(adapter: string): readonly Row[] {
  const [, section = ''] = document.split(`\n## ${adapter}\n`)
  const lines = section.split('\n## ')[0]?.split('\n') ?? []
  const tables = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1))
  return tables
    .slice(2)
    .map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index]?.trim()])))
}
