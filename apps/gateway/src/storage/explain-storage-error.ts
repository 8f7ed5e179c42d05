import { SnapshotError } from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import type { ConfigFile } from '../config/config-file.ts'
import type { UserError } from '../user-error.ts'
import type { FallbackStore } from './fallback-stores.ts'

/** One sentence that names the field to look at; `undefined` for an error that is not about storage. */
export function explainStorageError(
  error: unknown,
  context: {
    readonly file: ConfigFile
    readonly fallback: FallbackStore
    readonly domain: 'instance' | 'resources'
  },
): UserError | undefined {
  const { file, fallback, domain } = context
  const { block, field } = fallback
  const bucket = domain === 'instance' ? block.config : (block.resource ?? block.config)
  const fault = (name: string, message: string): UserError =>
    file.fault([...field, block.name, ...(name ? [name] : [])], message, error)
  if (SnapshotError.isInstance(error) && error.code === 'create-only-not-enforced')
    return fault(bucket.field, `${error.message}; if nobody else writes to it, say so with single_writer: true`)
  if (!StorageError.isInstance(error)) return undefined
  if (error.code === 'denied') return fault(block.credentialsField, error.message)
  if (error.code === 'bucket-not-found') return fault(bucket.field, error.message)
  if (error.code === 'unavailable' || error.code === 'timeout') return fault(block.endpointField, error.message)
  return fault('', error.message)
}
