import type { StorageAdapter } from '@outlast/storage'
import type { ConfigFile } from '../config/config-file.ts'
import { fallbackStores, type FallbackStore, type FallbackStoresOptions } from './fallback-stores.ts'

/** A store that can be written to, in both halves. */
export interface WritableStore extends FallbackStore {
  readonly resources: StorageAdapter
}

/** The one store that is named there. Throws `UserError` when it is not exactly one; reaches out to nothing. */
export function onlyStore(
  options: FallbackStoresOptions & {
    /** What to do with a second one. */
    readonly advice: string
  },
): FallbackStore {
  const { file, field, advice } = options
  const [store, second] = fallbackStores(options)
  if (!store) throw file.fault(field, 'names no storage')
  if (second) throw file.fault([...field, second.block.name], `${store.block.name} is set as well; ${advice}`)
  return store
}

/** Throws `UserError` when only half of it is named, so that it can be read at most. */
export function writableStore<Store extends FallbackStore>(store: Store, file: ConfigFile): Store & WritableStore {
  const { field, block, resources } = store
  if (!('put' in resources)) throw file.fault([...field, block.name], 'must name the resource bucket as well')
  return { ...store, resources }
}

/** Whether both keep a half in the very same place. */
export function isSameStore(one: FallbackStore, other: FallbackStore): boolean {
  return (
    one.block.name === other.block.name &&
    one.block.server === other.block.server &&
    (one.instance.name === other.instance.name || one.resources.name === other.resources.name)
  )
}
