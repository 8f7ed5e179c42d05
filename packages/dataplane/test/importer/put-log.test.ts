import { memoryStorage, StorageError, type StorageAdapter } from '@outlast/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { PutLog } from '../../src/importer/put-log.ts'

const bytes = new TextEncoder().encode('anything')
const [first, second, manifest] = ['r/parts/1/0.zst', 'r/parts/1/1.zst', 'r/manifests/000000000001.json']
const { signal } = new AbortController()

describe('what a write that has failed left behind', () => {
  let disk: StorageAdapter
  /** Before each put of a manifest. */
  let onManifest: () => Promise<void>
  let log: PutLog
  beforeEach(() => {
    disk = memoryStorage()
    onManifest = async () => {}
    log = new PutLog({
      ...disk,
      put: async (key, content, options) => {
        if (key === manifest) await onManifest()
        return disk.put(key, content, options)
      },
    })
  })
  const keys = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const key of disk.list('')) found.push(key)
    return found
  }
  const putParts = async (): Promise<void> => {
    for (const key of [first, second]) await log.storage.put(key, bytes)
  }

  it('is taken back, and nothing else', async () => {
    await log.storage.put('r/head.json', bytes)
    await putParts()
    await log.takeBack({ signal })
    expect(await keys()).toEqual(['r/head.json'])
  })

  it('is not what a manifest names', async () => {
    await putParts()
    await log.storage.put(manifest, bytes)
    await log.takeBack({ signal })
    expect(await keys()).toEqual([manifest, first, second])
  })

  it('is taken back when the manifest was refused', async () => {
    await putParts()
    onManifest = () => Promise.reject(new StorageError({ code: 'no-space', message: 'full' }))
    await expect(log.storage.put(manifest, bytes)).rejects.toThrow('full')
    await log.takeBack({ signal })
    expect(await keys()).toEqual([])
  })

  it.each([
    ['was not answered', new StorageError({ code: 'unavailable', message: 'gone' })],
    ['was given up', new DOMException('aborted', 'AbortError')],
  ])('stays when the manifest %s, and may be there', async (_title, error) => {
    await putParts()
    onManifest = () => Promise.reject(error)
    await expect(log.storage.put(manifest, bytes)).rejects.toThrow(error)
    await log.takeBack({ signal })
    expect(await keys()).toEqual([first, second])
  })

  it('stays while the manifest is under way', async () => {
    await putParts()
    const arrival = Promise.withResolvers<void>()
    onManifest = async () => arrival.promise
    const put = log.storage.put(manifest, bytes)
    await log.takeBack({ signal })
    arrival.resolve()
    await put
    expect(await keys()).toEqual([manifest, first, second])
  })

  it('is not named any more by who has given up', async () => {
    const end = new AbortController()
    await putParts()
    end.abort(new Error('too late'))
    await log.takeBack({ signal })
    await expect(log.storage.put(manifest, bytes, { signal: end.signal })).rejects.toThrow('too late')
    expect(await keys()).toEqual([])
  })
})
