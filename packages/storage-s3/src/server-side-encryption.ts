import type { PutObjectCommandInput } from '@aws-sdk/client-s3'

/** `AES256` is SSE-S3: keys of the store's own. `aws:kms` is SSE-KMS: a key of AWS KMS, with its own policy and audit trail. */
export type S3ServerSideEncryption = 'AES256' | 'aws:kms'

export interface S3EncryptionOptions {
  /** How every object that is written is encrypted at rest. Default: as the bucket says. */
  readonly serverSideEncryption?: S3ServerSideEncryption | undefined
  /** Id, ARN or alias of the key, with `aws:kms`. Default: the account's AWS managed key, `aws/s3`. */
  readonly kmsKeyId?: string | undefined
  /** Derive objects' keys from one of the bucket's, which saves nearly all calls to KMS. With `aws:kms`. Default: as the bucket says. */
  readonly bucketKeyEnabled?: boolean | undefined
}

/** Throws a `TypeError` that names the option. */
export function checkEncryptionOptions(options: S3EncryptionOptions): void {
  const { serverSideEncryption, kmsKeyId, bucketKeyEnabled } = options
  const problem = (text: string) => new TypeError(`s3Storage: ${text}`)
  if (serverSideEncryption !== undefined && !['AES256', 'aws:kms'].includes(serverSideEncryption)) {
    throw problem('serverSideEncryption must be AES256 or aws:kms')
  }
  if (serverSideEncryption !== 'aws:kms') {
    if (kmsKeyId !== undefined) throw problem('kmsKeyId needs serverSideEncryption aws:kms')
    if (bucketKeyEnabled !== undefined) throw problem('bucketKeyEnabled needs serverSideEncryption aws:kms')
  }
  // It becomes a header.
  if (kmsKeyId !== undefined && !/^[\w:/-]+$/.test(kmsKeyId)) {
    throw problem('kmsKeyId must be the id, ARN or alias of a key')
  }
}

type EncryptionInput = Pick<PutObjectCommandInput, 'ServerSideEncryption' | 'SSEKMSKeyId' | 'BucketKeyEnabled'>

/** The part of a write that says how to encrypt. */
export function encryptionInput(options: S3EncryptionOptions): EncryptionInput {
  const { serverSideEncryption, kmsKeyId, bucketKeyEnabled } = options
  return {
    ServerSideEncryption: serverSideEncryption,
    SSEKMSKeyId: kmsKeyId,
    BucketKeyEnabled: bucketKeyEnabled,
  }
}
