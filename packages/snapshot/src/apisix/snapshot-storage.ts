import { z } from 'zod'

/**
 * Where a gateway group's resources are kept, for nodes that are only told where the instance configuration is: kind
 * `snapshot_storage`. The bucket by the name of its storage block (`aws_s3`, `azure_blob`, `gcs`); no credentials.
 */
export interface SnapshotStorage {
  readonly [block: string]: { readonly bucket: string }
}

export const snapshotStorageSchema: z.ZodType<SnapshotStorage> = z.record(
  z.string(),
  z.looseObject({ bucket: z.string().min(1) }),
)
