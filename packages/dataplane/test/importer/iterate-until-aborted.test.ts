import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { settled } from '@outlast/virtual-time'
import { expect, it } from 'vitest'
import { iterateUntilAborted } from '../../src/importer/iterate-until-aborted.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

async function* updates(): AsyncGenerator<object> {
  for (;;) yield { large: Array.from({ length: 1_000 }) }
}

it('keeps nothing of what it has passed on, however long it runs', async () => {
  const seen: WeakRef<object>[] = []
  const iteration = iterateUntilAborted(updates(), new AbortController().signal)
  for (let round = 0; round < 100; round++) {
    const { value } = await iteration.next()
    if (value !== undefined) seen.push(new WeakRef(value))
  }
  await settled()
  collectGarbage()
  expect(seen.filter((reference) => reference.deref() !== undefined).length).toBeLessThan(5)
  await iteration.return()
})
