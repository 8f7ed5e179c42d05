import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageAdapter } from '@outlast/storage'
import { fsStorage } from '@outlast/storage-fs'
import { s3Storage } from '@outlast/storage-s3'
import { startRadosgw } from '@outlast/test-servers'

export const destinationNames = ['fs', 'radosgw'] as const
export type DestinationName = (typeof destinationNames)[number]

/** A real store, and how to make an empty part of it. */
export interface Destination {
  open(name: string): Promise<CountedStorage>
  stop(): Promise<void>
}

/** A store that counts what is written to it. */
export interface CountedStorage extends StorageAdapter {
  bytesPut: number
}

export async function startDestination(name: DestinationName): Promise<Destination> {
  if (name === 'fs') {
    const folder = await mkdtemp(join(tmpdir(), 'outlast-bench-'))
    return {
      open: async (part) => counted(fsStorage({ path: join(folder, part) })),
      stop: async () => rm(folder, { recursive: true }),
    }
  }
  const radosgw = await startRadosgw()
  return {
    async open(part) {
      await radosgw.createBucket(part)
      const { endpoint, region } = radosgw
      return counted(s3Storage({ bucket: part, endpoint, region, credentials: radosgw }))
    },
    stop: async () => radosgw.stop(),
  }
}

function counted(storage: StorageAdapter): CountedStorage {
  const counting: CountedStorage = {
    ...storage,
    bytesPut: 0,
    put: async (key, bytes, options) => {
      counting.bytesPut += bytes.byteLength
      return storage.put(key, bytes, options)
    },
  }
  return counting
}
