import '@outlast/virtual-time/at-once'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { outageDocument } from './outage-document.ts'

const operations = new URL('../../../../../docs/operations.md', import.meta.url)
const begin = '<!-- outages: made by `npm run docs:outages`, not to be edited -->'
const end = '<!-- outages: end -->'

it('docs/operations.md says what the tests of all outages expect', async () => {
  const page = await readFile(operations, 'utf8')
  const [before, rest] = split(page, begin)
  const [, after] = split(rest, end)
  await expect(`${before}${begin}\n\n${outageDocument()}\n${end}${after}`).toMatchFileSnapshot(
    fileURLToPath(operations),
  )
})

function split(text: string, mark: string): readonly [before: string, after: string] {
  const at = text.indexOf(mark)
  if (at === -1) throw new Error(`docs/operations.md has no ${mark.trim()}`)
  return [text.slice(0, at), text.slice(at + mark.length)]
}
