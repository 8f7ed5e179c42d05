/**
 * Writes the golden fixture of a feature that has none yet, from the repository's root:
 *
 *   node --conditions=@outlast/source packages/snapshot/test/format/write-fixtures.ts
 *
 * A fixture that is there is left alone: what was written once must stay readable.
 */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { memoryStorage } from '@outlast/storage'
import { featureStores, objectsOf } from './feature-stores.ts'

for (const [name, fill] of Object.entries(featureStores)) {
  const folder = join(import.meta.dirname, 'fixtures', name)
  if (existsSync(folder)) continue
  const storage = memoryStorage()
  await fill(storage)
  for (const [key, bytes] of await objectsOf(storage)) {
    const file = join(folder, key)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, bytes)
  }
}
