import { createExporter } from '@outlast/exporter'
import { snapshotStore, type ConfigSource, type Entry } from '@outlast/snapshot'
import { withPrefix, type StorageAdapter } from '@outlast/storage'
import { s3Storage } from '@outlast/storage-s3'
import type { Radosgw, RadosgwUser } from '@outlast/test-servers'

/** Stores on a real S3 server, each at a place (a prefix) of one bucket, which is one user's. */
export interface Backups {
  readonly bucket: string
  readonly user: BackupUser
  /** What an exporter does when its time has come. */
  export(place: string, source: ConfigSource): Promise<void>
  /** What an operator does while the control plane is away: a snapshot that is far ahead of it. */
  publishByHand(place: string, entries: readonly Entry[]): Promise<void>
  copy(from: string, to: string): Promise<void>
  /** Cuts every part of every snapshot in half, but for what another place has too. */
  damage(place: string, spared?: string): Promise<void>
  empty(place: string): Promise<void>
}

type BackupUser = Pick<RadosgwUser, 'accessKeyId' | 'secretAccessKey' | 'createBucket'>

export async function createBackups(
  { endpoint, region }: Pick<Radosgw, 'endpoint' | 'region'>,
  { user, bucket }: Pick<Backups, 'user' | 'bucket'>,
): Promise<Backups> {
  await user.createBucket(bucket)
  const whole = s3Storage({ bucket, endpoint, region, forcePathStyle: true, credentials: user })
  const at = (place: string): StorageAdapter => withPrefix(whole, place)
  const storeAt = (place: string) => snapshotStore({ group: 'default', resources: at(place), instance: at(place) })
  const keysAt = async (place: string): Promise<string[]> => {
    const keys: string[] = []
    for await (const key of at(place).list('')) keys.push(key)
    return keys
  }
  const bytesOf = async (place: string, key: string): Promise<Uint8Array> => {
    const object = await at(place).get(key)
    if (object === undefined) throw new Error(`${place} does not have ${key}`)
    return object.bytes
  }

  return {
    bucket,
    user,
    async export(place, source) {
      const { resources } = await createExporter({ store: storeAt(place), source, schedule: '@hourly' }).exportOnce()
      if (resources.status !== 'published') throw new Error(`the export was not published, but ${resources.status}`)
    },
    async publishByHand(place, entries) {
      const { resources } = storeAt(place)
      const publication = await resources.begin()
      const { position, source, needs } = (await resources.latest())?.manifest ?? {}
      if (!position || !source) throw new Error('there is nothing before it')
      const ahead = { ...position, revision: position.revision + 1_000_000 }
      const { status } = await publication.publish({ entries, position: ahead, source, needs })
      if (status !== 'published') throw new Error(`the snapshot was not published, but ${status}`)
    },
    async copy(from, to) {
      for (const key of await keysAt(from)) await at(to).put(key, await bytesOf(from, key))
    },
    async damage(place, spared) {
      const sparedKeys = spared === undefined ? [] : await keysAt(spared)
      for (const key of await keysAt(place)) {
        if (!key.includes('/parts/') || sparedKeys.includes(key)) continue
        const bytes = await bytesOf(place, key)
        await at(place).put(key, bytes.subarray(0, Math.floor(bytes.length / 2)))
      }
    },
    async empty(place) {
      for (const key of await keysAt(place)) await at(place).delete(key)
    },
  }
}
