import { describe, expect, it } from 'vitest'
import type { SourceUpdate } from '../../src/sources/config-source.ts'
import { memorySource, type MemorySource } from '../../src/sources/memory-source.ts'
import { SourceError } from '../../src/sources/source-error.ts'
import { route } from '../publish.ts'

function watch(
  source: MemorySource,
  from: { identity: string; revision: number },
  signal?: AbortSignal,
): AsyncIterator<SourceUpdate> {
  if (source.watch === undefined) throw new Error('A memory source can be watched')
  return source.watch({ from, signal })[Symbol.asyncIterator]()
}

describe('memorySource', () => {
  it('loads what was put, at the revision that the last change made', async () => {
    const source = memorySource()
    source.put('resources', route(1))
    source.put('instance', { kind: 'keyring', id: '1', value: 'key' })
    source.put('resources', route(1, '/changed'))
    expect(await source.load()).toEqual({
      identity: 'memory',
      revision: 3,
      resources: [route(1, '/changed')],
      instance: [{ kind: 'keyring', id: '1', value: 'key' }],
      modified: { resources: new Map([['routes/1', 3]]), instance: new Map([['keyring/1', 2]]) },
    })
  })

  it('tells when each entry was last modified', async () => {
    const source = memorySource({ resources: [route(1), route(2)], revision: 5 })
    const modified = async (): Promise<object> => Object.fromEntries((await source.load()).modified?.resources ?? [])
    expect(await modified()).toEqual({ 'routes/1': 5, 'routes/2': 5 })
    source.put('resources', route(2))
    source.delete('resources', route(1))
    expect(await modified()).toEqual({ 'routes/2': 6 })
    source.put('resources', route(1))
    expect(await modified()).toEqual({ 'routes/1': 8, 'routes/2': 6 })
    source.replace({ resources: [route(1), route(2, '/changed'), route(3)] })
    expect(await modified()).toEqual({ 'routes/1': 8, 'routes/2': 9, 'routes/3': 9 })
    // Filled anew under the same identity.
    source.replace({ resources: [route(1)], revision: 20 })
    expect(await modified()).toEqual({ 'routes/1': 20 })
    const seeded = { resources: new Map([['routes/1', 2]]), instance: new Map<string, number>() }
    source.replace({ resources: [route(1), route(2)], revision: 40, modified: seeded })
    expect(await modified()).toEqual({ 'routes/1': 2, 'routes/2': 40 })
    source.identity = 'another'
    expect(await modified()).toEqual({ 'routes/1': 2, 'routes/2': 40 })
  })

  it('tells a watcher every change after the revision it knows, and waits for more', async () => {
    const source = memorySource({ resources: [route(1)], revision: 5 })
    source.delete('resources', route(1))
    const updates = watch(source, { identity: 'memory', revision: 5 })
    const none = { upserted: [], removed: [] }
    const removed = { upserted: [], removed: [{ kind: 'routes', id: '1' }] }
    expect((await updates.next()).value).toEqual({ type: 'change', revision: 6, resources: removed, instance: none })
    const next = updates.next()
    source.put('resources', route(2))
    const upserted = { upserted: [route(2)], removed: [] }
    expect((await next).value).toEqual({ type: 'change', revision: 7, resources: upserted, instance: none })
  })

  it('gives the whole state to a watcher from another lineage, from the future, or too far behind', async () => {
    const source = memorySource({ resources: [route(1)], revision: 5 })
    for (const from of [
      { identity: 'other', revision: 5 },
      { identity: 'memory', revision: 6 },
      { identity: 'memory', revision: 3 },
    ]) {
      expect((await watch(source, from).next()).value).toMatchObject({ type: 'state', state: { revision: 5 } })
    }
  })

  it('replaces everything as one change within a lineage, and as a state when the lineage or the revision jumps', async () => {
    const source = memorySource({ resources: [route(1)], revision: 1 })
    const updates = watch(source, { identity: 'memory', revision: 1 })
    source.replace({ resources: [route(2)] })
    expect((await updates.next()).value).toMatchObject({ type: 'change', resources: { upserted: [route(2)] } })
    source.replace({ resources: [], revision: 1 })
    expect((await updates.next()).value).toMatchObject({ type: 'state', state: { revision: 1 } })
    source.replace({ resources: [route(3)], revision: 1 })
    expect((await updates.next()).value).toMatchObject({ type: 'state', state: { resources: [route(3)] } })
    source.identity = 'new'
    expect((await updates.next()).value).toMatchObject({ type: 'state', state: { identity: 'new', revision: 1 } })
  })

  it('fails on demand, watchers included, until it is told to stop', async () => {
    const source = memorySource()
    const next = watch(source, { identity: 'memory', revision: 0 }).next()
    source.fail(new SourceError('unavailable', 'planned'))
    await expect(next).rejects.toThrow('planned')
    await expect(source.load()).rejects.toThrow('planned')
    source.fail(undefined)
    expect(await source.load()).toMatchObject({ revision: 0 })
  })

  it('ends a watch with the reason of its signal', async () => {
    const controller = new AbortController()
    const next = watch(memorySource(), { identity: 'memory', revision: 0 }, controller.signal).next()
    controller.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
  })
})
