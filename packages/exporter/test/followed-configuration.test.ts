import '@outlast/virtual-time/at-once'
import { SourceError, type Entry, type EntryChanges, type SourceState } from '@outlast/snapshot'
import { fieldProtection } from '@outlast/snapshot/apisix'
import { describe, expect, it } from 'vitest'
import { exportState } from '../src/source/export-state.ts'
import { followedConfiguration } from '../src/source/followed-configuration.ts'
import { unprotected } from '../src/source/unprotected.ts'
import { keyring, route } from './exporter-rig.ts'

const none: EntryChanges = { upserted: [], removed: [] }
const initial: SourceState = {
  identity: 'one',
  revision: 5,
  resources: [route('a'), route('b')],
  instance: [keyring('k')],
}

function ids(entries: Iterable<Entry>): string[] {
  return [...entries].map(({ id }) => id).sort()
}

describe('a followed configuration', () => {
  it('hands over states that stay as they were at their revision', () => {
    const followed = followedConfiguration(exportState(initial, unprotected), unprotected)
    const before = followed.state()
    const change = { upserted: [route('c')], removed: [route('a')] }
    expect(followed.apply({ type: 'change', revision: 6, resources: change, instance: none })).toBe(true)
    expect(followed.state()).toMatchObject({ identity: 'one', revision: 6 })
    expect(ids(followed.state().resources)).toEqual(['b', 'c'])
    expect(followed.state().instance).toBe(before.instance)
    expect([before.revision, ids(before.resources)]).toEqual([5, ['a', 'b']])
  })

  it('keeps its sets through progress and through a whole state that is equal', () => {
    const followed = followedConfiguration(exportState(initial, unprotected), unprotected)
    const { resources, instance } = followed.state()
    expect(followed.apply({ type: 'progress', revision: 9 })).toBe(false)
    const again = structuredClone({ ...initial, revision: 12 })
    expect(followed.apply({ type: 'state', state: again })).toBe(false)
    expect(followed.state()).toMatchObject({ identity: 'one', revision: 12, resources, instance })
    expect(followed.state().resources).toBe(resources)
  })

  it('knows when entries were modified, for every state that it hands over', () => {
    const modified = {
      resources: new Map([
        ['routes/a', 2],
        ['routes/b', 4],
      ]),
      instance: new Map([['keyring/default', 1]]),
    }
    const followed = followedConfiguration(exportState({ ...initial, modified }, unprotected), unprotected)
    const before = followed.state()
    const change = { upserted: [route('b', '/changed'), route('c')], removed: [route('a')] }
    followed.apply({ type: 'change', revision: 6, resources: change, instance: none })
    followed.apply({ type: 'progress', revision: 9 })
    const { modifications, resources, instance } = followed.state()

    expect(Object.fromEntries(modifications.of(resources))).toEqual({ 'routes/b': 6, 'routes/c': 6 })
    expect(Object.fromEntries(modifications.of(instance))).toEqual({ 'keyring/default': 1 })
    expect(Object.fromEntries(before.modifications.of(before.resources))).toEqual({ 'routes/a': 2, 'routes/b': 4 })
    // The very same one: the states follow from each other without a gap.
    expect(modifications).toBe(before.modifications)

    followed.apply({ type: 'state', state: { ...initial, revision: 12, modified } })
    const anew = followed.state()
    expect(Object.fromEntries(anew.modifications.of(anew.resources))).toEqual({ 'routes/a': 2, 'routes/b': 4 })
    expect(anew.modifications).not.toBe(before.modifications)
  })

  it('takes over a whole state of another identity, at whatever revision', () => {
    const followed = followedConfiguration(exportState(initial, unprotected), unprotected)
    expect(followed.apply({ type: 'state', state: { ...initial, identity: 'two', revision: 1 } })).toBe(true)
    expect(followed.position).toEqual({ identity: 'two', revision: 1 })
    expect(followed.apply({ type: 'state', state: { ...initial, resources: [route('z')] } })).toBe(true)
    expect(ids(followed.state().resources)).toEqual(['z'])
  })

  it('stays as it is when an update goes back, or brings what is no entry', () => {
    const followed = followedConfiguration(exportState(initial, unprotected), unprotected)
    const before = followed.state()
    expect(() => followed.apply({ type: 'change', revision: 5, resources: none, instance: none })).toThrow(SourceError)
    expect(() => followed.apply({ type: 'progress', revision: 4 })).toThrow(SourceError)
    const half = { upserted: [route('c')], removed: [] }
    const wrong = { upserted: [{ kind: '', id: 'x', value: 1 }], removed: [] }
    expect(() => followed.apply({ type: 'change', revision: 6, resources: half, instance: wrong })).toThrow(TypeError)
    expect(followed.state()).toBe(before)
  })

  it('still knows when entries were modified after their fields were encrypted with other keys', () => {
    const protectionOf = fieldProtection({ group: 'default' })
    const keys = (key: string): Entry => ({ kind: 'keyring', id: '1', value: { keyring: key } })
    const consumer: Entry = { kind: 'consumers', id: 'ada', value: { plugins: { 'key-auth': { key: 'secret' } } } }
    const resources = [consumer, route('b')]
    const modified = { resources: new Map([['consumers/ada', 3]]), instance: new Map() }
    const state = { ...initial, resources, instance: [keys('the first 16 ch.')], modified }
    const followed = followedConfiguration(exportState(state, protectionOf), protectionOf)
    const before = followed.state()
    const change = { upserted: [keys('another 16 chars')], removed: [] }
    followed.apply({ type: 'change', revision: 6, resources: none, instance: change })
    const after = followed.state()
    const ada = [...after.resources].find(({ id }) => id === 'ada')
    expect(ada).not.toEqual([...before.resources].find(({ id }) => id === 'ada'))
    expect(ada && after.fields.reveal(ada).entry).toEqual(consumer)
    expect(after.modifications).toBe(before.modifications)
    expect(after.modifications.of(after.resources)).toEqual(new Map([['consumers/ada', 3]]))
  })
})
