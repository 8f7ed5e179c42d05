import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { nodeId } from '../../src/data-plane/node-id.ts'

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outlast-node-id-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

it('names a node the same for as long as it has its data folder, and each folder differently', async () => {
  const data = await dataFolder()
  const id = await nodeId(data)
  expect(await nodeId(data)).toBe(id)
  expect(await nodeId(await dataFolder())).not.toBe(id)
  expect((await stat(join(data, 'node-id'))).mode & 0o777).toBe(0o600)
})

it('replaces a name that is damaged', async () => {
  const data = await dataFolder()
  await writeFile(join(data, 'node-id'), '{"half')
  const id = await nodeId(data)
  expect(await readFile(join(data, 'node-id'), 'utf8')).toBe(id)
})

it('names a node for as long as it runs when its disk keeps nothing', async () => {
  expect(await nodeId('/nowhere')).toMatch(/^[\da-f-]{36}$/)
})
