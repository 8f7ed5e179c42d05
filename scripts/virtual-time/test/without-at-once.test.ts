import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HandClock } from '@outlast/virtual-time'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

it('a clock is not turned without what makes that the same every time', async () => {
  await expect(new HandClock().turn(1)).rejects.toThrow("import '@outlast/virtual-time/at-once' before everything else")
})

it('every file of this repository that imports it imports it first', () => {
  const files = globSync('{packages,apps,scripts}/*/test/**/*.ts', { cwd: root })
  const texts = files.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
  const users = texts.filter(({ text }) => /^import '@outlast\/virtual-time\/at-once'$/m.test(text))
  const late = users.filter(({ text }) => !/^(?:\/\/.*\n)*import '@outlast\/virtual-time\/at-once'\n/.test(text))
  expect(late.map(({ file }) => file)).toEqual([])
  expect(users.length).toBeGreaterThan(20)
})
