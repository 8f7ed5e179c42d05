import { ExporterError } from '@outlast/exporter'
import { SnapshotError, SourceError } from '@outlast/snapshot'
import { StorageError } from '@outlast/storage'
import { explainStorageError } from '../storage/explain-storage-error.ts'
import { UserError } from '../user-error.ts'
import type { ExporterPlan } from './read-exporter-file.ts'

/**
 * What the source, the store, its snapshots or other exporters stand in the way with, as the `UserError` of the field to
 * look at. Anything else is our mistake, and comes back as it is.
 */
export function explainFailure(error: unknown, { file, config, backup }: ExporterPlan): unknown {
  if (SourceError.isInstance(error)) return new UserError(`${config.live.origin}: ${error.message}`, { cause: error })
  const { destination } = backup
  const ofInstance = StorageError.isInstance(error) && error.storage === destination.instance.name
  const domain = ofInstance ? 'instance' : 'resources'
  const explained = explainStorageError(error, { file, fallback: destination, domain })
  if (explained) return explained
  const isExpected = SnapshotError.isInstance(error) || ExporterError.isInstance(error)
  return isExpected ? new UserError(error.message, { cause: error }) : error
}
