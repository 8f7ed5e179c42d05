import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfiguration } from '../../../src/snapshot/publish/read-configuration.ts'

describe('a configuration to publish', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outlast-publish-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  const read = async (content: unknown) => {
    const path = join(folder, 'configuration')
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return readConfiguration(path, [])
  }

  const entries = [{ kind: 'x-unknown', id: '1', value: [1] }]

  it('may be what export has written as json, or a file for APISIX', async () => {
    expect(await read({ masked: 0, manifest: {}, entries })).toEqual({ entries, carriedOver: [] })
    const route = { kind: 'routes', id: '1', value: { id: '1' } }
    expect((await read({ routes: [{ id: '1' }] })).entries).toEqual([route])
    expect((await read('routes:\n  - id: "1"\n#END\n')).entries).toEqual([route])
  })

  it.each<[string, unknown]>([
    ['by its own account', { masked: 1, entries }],
    ['in a value', { masked: 0, entries: [{ kind: 'routes', id: '1', value: { key: `masked-${'x'.repeat(24)}` } }] }],
    ['in a URL', { routes: [{ id: '1', uri: `http://masked-${'x'.repeat(24)}@host/path` }] }],
  ])('must not have masked secrets: %s', async (_, content) => {
    await expect(read(content)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/configuration: its secrets are masked; export it with --reveal$/),
    })
  })

  it.each<[string, unknown, string]>([
    ['an entry without a kind', { masked: 0, entries: [{ id: '1', value: 'hidden' }] }, '/entries/0 has no kind'],
    ['an entry twice', { masked: 0, entries: [...entries, ...entries] }, '/entries/1 has been there before'],
    ['what show has written', { sequence: 1, entries }, '/sequence is no kind that APISIX knows'],
  ])('is refused with %s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message)
    await expect(read(content)).rejects.not.toThrow('hidden')
  })

  it('that is not there is a mistake', async () => {
    await expect(readConfiguration(join(folder, 'nowhere'), [])).rejects.toThrow('nowhere: cannot be read (ENOENT)')
  })
})
