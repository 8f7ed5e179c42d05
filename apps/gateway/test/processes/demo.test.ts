import { access } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { eventually } from '../../src/demo/eventually.ts'
import { startOutlast } from '../../src/demo/outlast-process.ts'

const folderOf = (output: string) => /^folder (.+)$/m.exec(output)?.[1] ?? ''

it.each(['SIGINT', 'SIGTERM'] as const)('the demo cleans up when it is stopped by %s', async (signal) => {
  const demo = await startOutlast(['demo'])
  await eventually('requests flow', async () => demo.output().includes('the backup holds'))
  demo.signal(signal)
  await eventually('the demo ends', async () => !demo.isAlive())
  expect(demo.exitCode()).toBe(1)
  expect(demo.output()).not.toMatch(/\n\s+at |NOT HELD/)
  await expect(access(folderOf(demo.output()))).rejects.toThrow('ENOENT')
})

it('the demo holds, ends by itself with exit code 0, and cleans up', { timeout: 90_000 }, async () => {
  const demo = await startOutlast(['demo'])
  await eventually('the demo ends', async () => !demo.isAlive(), 80_000)
  expect(demo.output()).toContain('HELD: every step')
  expect(demo.exitCode()).toBe(0)
  await expect(access(folderOf(demo.output()))).rejects.toThrow('ENOENT')
})
