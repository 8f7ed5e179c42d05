import { UserError } from '../../user-error.ts'
import type { UrlScheme } from './url-scheme.ts'

/** `s3://bucket/prefix`. The SDK's own chain finds the credentials: environment, profile, web identity, instance role. */
export const s3Scheme: UrlScheme = {
  parameters: ['region', 'endpoint', 'path_style', 'server_side_encryption', 'kms_key_id'],
  hasPrefix: true,
  read({ bucket, parameters, timeoutMs }) {
    const kmsKeyId = parameters.text('kms_key_id')
    const serverSideEncryption = encryptionOf(parameters.text('server_side_encryption'))
    if (kmsKeyId !== undefined && serverSideEncryption !== 'aws:kms') {
      throw new UserError('gives kms_key_id, which needs server_side_encryption=aws:kms')
    }
    return {
      adapter: 's3',
      options: {
        bucket,
        region: parameters.text('region'),
        endpoint: parameters.text('endpoint'),
        forcePathStyle: parameters.flag('path_style'),
        serverSideEncryption,
        kmsKeyId,
        timeoutMs,
      },
    }
  },
}

function encryptionOf(text: string | undefined): 'AES256' | 'aws:kms' | undefined {
  if (text === undefined || text === 'AES256' || text === 'aws:kms') return text
  throw new UserError('gives server_side_encryption a value that is neither AES256 nor aws:kms')
}
