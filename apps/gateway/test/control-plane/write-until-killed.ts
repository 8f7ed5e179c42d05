// Writes keys to the store given as argument, and prints each revision once it is acknowledged.
import { writeSync } from 'node:fs'

import { sqliteStore } from '../../src/control-plane/store/sqlite-store.ts'

const store = sqliteStore({ path: String(process.argv[2]) })
for (let next = (await store.revision()) + 1; ; next += 1) {
  const { revision } = await store.transaction({
    operations: [{ type: 'put', key: `/key/${next}`, value: JSON.stringify({ written: next }) }],
  })
  writeSync(1, `${revision}\n`)
}
