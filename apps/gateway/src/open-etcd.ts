import type { ConfigSource } from '@outlast/snapshot'
import { etcdSource, type EtcdSourceOptions } from '@outlast/source-etcd'
import { errorText } from './error-text.ts'
import { UserError } from './user-error.ts'

/** Opens a control plane or etcd that was asked for at `origin`; reaches out to nothing. Throws `UserError`. */
export function openEtcd(options: EtcdSourceOptions, origin: string): Required<ConfigSource> {
  try {
    return etcdSource(options)
  } catch (error) {
    throw new UserError(`${origin}: ${errorText(error)}`, { cause: error })
  }
}
