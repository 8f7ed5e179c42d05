import type { Logger } from '@outlast/snapshot'

import type { StorePlace } from '../../config/store-block.ts'
import { UserError } from '../../user-error.ts'
import type { ConfigStore } from './config-store.ts'
import { etcdStore } from './etcd-store.ts'
import { sqliteStore } from './sqlite-store.ts'
import { StoreError } from './store-error.ts'

/** Opens the store that a configuration file asks for; an etcd has to answer. Throws `UserError` with the reason if not. */
export async function openStore(
  place: StorePlace,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<ConfigStore> {
  try {
    return place.type === 'sqlite' ? sqliteStore({ path: place.path, logger }) : await openEtcd(place, logger, signal)
  } catch (error) {
    if (!StoreError.isInstance(error)) throw error
    const origin = place.type === 'etcd' ? `${place.origin}: ` : ''
    throw new UserError(`${origin}${error.message}`, { cause: error })
  }
}

async function openEtcd(
  { options }: StorePlace & { readonly type: 'etcd' },
  logger: Logger,
  signal: AbortSignal,
): Promise<ConfigStore> {
  const store = etcdStore({ ...options, logger })
  try {
    await store.revision({ signal })
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/**
 * Tries an etcd. An SQLite file is left alone: one process at a time can open it, and that may be the control plane that
 * runs. Throws `UserError`.
 */
export async function checkStore(
  place: StorePlace,
  options: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  if (place.type === 'etcd') await (await openStore(place, options)).close()
}
