import { describe, expect, it } from 'vitest'
import { memorySource, pollSource, withInstanceEntries, type Entry, type SourceUpdate } from '../../src/index.ts'

const keyring: Entry = { kind: 'keyring', id: '1', value: { keyring: ['0123456789abcdef'] } }
const route: Entry = { kind: 'routes', id: '1', value: { uri: '/' } }
const discovery: Entry = { kind: 'discovery', id: 'dns', value: { servers: ['127.0.0.1:53'] } }

describe('withInstanceEntries', () => {
  it('adds the entries to what is loaded, and says nothing about when they were modified', async () => {
    const source = memorySource({ resources: [route], instance: [discovery], revision: 7 })
    const { resources, instance, modified, revision, identity } = await withInstanceEntries(source, [keyring]).load()
    expect({ resources, instance, revision, identity }).toEqual({
      resources: [route],
      instance: [discovery, keyring],
      revision: 7,
      identity: 'memory',
    })
    expect([...(modified?.instance.keys() ?? [])]).toEqual(['discovery/dns'])
  })

  it('lets what the source has stand above them, and takes them back when the source has it no longer', async () => {
    const ofSource = { ...keyring, value: { keyring: ['fedcba9876543210'] } }
    const source = memorySource({ instance: [ofSource] })
    const completed = withInstanceEntries(source, [keyring])
    const state = await completed.load()
    expect(state.instance).toEqual([ofSource])
    expect([...(state.modified?.instance.keys() ?? [])]).toEqual(['keyring/1'])

    const updates: SourceUpdate[] = []
    const watching = (async () => {
      for await (const update of completed.watch?.({ from: state }) ?? []) {
        updates.push(update)
        if (updates.length === 3) return
      }
    })()
    source.delete('instance', keyring)
    source.put('instance', discovery)
    source.put('instance', ofSource)
    await watching
    expect(updates.map((update) => update.type === 'change' && update.instance)).toEqual([
      { upserted: [keyring], removed: [] },
      { upserted: [discovery], removed: [] },
      { upserted: [ofSource], removed: [] },
    ])
    source.delete('instance', keyring)
    expect((await completed.load()).instance).toEqual([discovery, keyring])
  })

  it('completes a state that a watch begins anew with', async () => {
    const source = memorySource({ resources: [route] })
    const watch = withInstanceEntries(source, [keyring]).watch?.({ from: { identity: 'another', revision: 3 } })
    for await (const update of watch ?? []) {
      expect(update).toMatchObject({ type: 'state', state: { resources: [route], instance: [keyring] } })
      break
    }
    expect.assertions(1)
  })

  it('stays a source that can only be polled when it was one', () => {
    const polled = pollSource({ identity: 'database', load: async () => ({ revision: 1, resources: [] }) })
    expect(withInstanceEntries(polled, [keyring])).not.toHaveProperty('watch')
  })

  it('refuses an entry that is given twice, and is the source itself without any', () => {
    const source = memorySource()
    expect(() => withInstanceEntries(source, [keyring, keyring])).toThrow(TypeError)
    expect(withInstanceEntries(source, [])).toBe(source)
  })
})
