import { describe, expect, it } from 'vitest'
import { parseConfigFile } from '../../src/config/config-file.ts'
import { controlPlaneConfig } from '../../src/config/control-plane-config.ts'
import type { FallbackCp } from '../../src/config/fallback-cp.ts'
import { readAwsS3 } from '../../src/storage/blocks/read-aws-s3.ts'
import { readAzureBlob } from '../../src/storage/blocks/read-azure-blob.ts'
import { readFilesystem } from '../../src/storage/blocks/read-filesystem.ts'
import { readGcs } from '../../src/storage/blocks/read-gcs.ts'
import type { ReadBlock } from '../../src/storage/blocks/storage-block.ts'

const fault = (field: string, message: string): Error => new Error(`${field}: ${message}`)

function fallbackOf(block: string): FallbackCp {
  const file = parseConfigFile('conf.yaml', `fallback_cp: ${block}`, {})
  const { fallback } = controlPlaneConfig(file, { data: 'data' })
  if (!fallback) throw new Error('there is a block')
  return fallback
}

function readBlock(block: string): ReadBlock {
  const { aws_s3, azure_blob, gcs, filesystem } = fallbackOf(block)
  const read =
    (aws_s3 && readAwsS3(aws_s3, fault)) ??
    (azure_blob && readAzureBlob(azure_blob, fault)) ??
    (gcs && readGcs(gcs, fault)) ??
    (filesystem && readFilesystem(filesystem, 'write'))
  if (!read) throw new Error('there is a block')
  return read
}

describe('a storage block is the place that it names', () => {
  it.each([
    [
      '{ aws_s3: { access_key: a, secret_key: s, region: ap-south-1, config_bucket: b, resource_bucket: r } }',
      's3',
      {
        region: 'ap-south-1',
        forcePathStyle: false,
        credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      },
    ],
    [
      '{ aws_s3: { bucket: b, access_key: a, secret_key: s, session_token: t, custom_endpoint: "http://127.0.0.1:1" } }',
      's3',
      {
        endpoint: 'http://127.0.0.1:1',
        forcePathStyle: true,
        credentials: { accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' },
      },
    ],
    [
      '{ aws_s3: { bucket: b, endpoint: "http://127.0.0.1:1", use_path_style: false, timeout: 2.5 } }',
      's3',
      { endpoint: 'http://127.0.0.1:1', forcePathStyle: false, timeoutMs: 2_500 },
    ],
    [
      '{ aws_s3: { bucket: b, server_side_encryption: "aws:kms", kms_key_id: alias/backup } }',
      's3',
      { forcePathStyle: false, serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/backup' },
    ],
    [
      '{ azure_blob: { account_name: acc, account_key: c2VjcmV0, container: b, endpoint: "http://127.0.0.1:1/acc" } }',
      'azure',
      { accountName: 'acc', accountKey: 'c2VjcmV0', endpoint: 'http://127.0.0.1:1/acc' },
    ],
    [
      '{ azure_blob: { account_name: acc, sas_token: "sv=1&sig=x", config_container: b, timeout: 60 } }',
      'azure',
      { accountName: 'acc', sasToken: 'sv=1&sig=x', timeoutMs: 60_000 },
    ],
    [
      '{ azure_blob: { connection_string: AccountName=acc;AccountKey=c2VjcmV0, container: b } }',
      'azure',
      { connectionString: 'AccountName=acc;AccountKey=c2VjcmV0' },
    ],
    ['{ azure_blob: { account_name: acc, container: b } }', 'azure', { accountName: 'acc' }],
    ['{ gcs: { bucket: b } }', 'gcs', {}],
    [
      '{ gcs: { bucket: b, key_file: key.json, user_project: billing, endpoint: "https://127.0.0.1:1", timeout: 1 } }',
      'gcs',
      { keyFilename: 'key.json', userProject: 'billing', apiEndpoint: 'https://127.0.0.1:1', timeoutMs: 1_000 },
    ],
    ['{ filesystem: { path: b, timeout: 1 } }', 'fs', { mustExist: false, timeoutMs: 1_000 }],
  ])('%s', (text, adapter, options) => {
    const block = readBlock(text)
    const bucket = { s3: 'bucket', gcs: 'bucket', azure: 'container', fs: 'path' }[adapter] ?? ''
    expect(block.config.bucket).toBe('b')
    expect(block.place('b')).toEqual({ adapter, options: { [bucket]: 'b', ...options } })
  })

  it('opens a folder for reading only where there is one', () => {
    const place = readFilesystem({ path: '/backup' }, 'read').place('/backup')
    expect(place.options).toEqual({ path: '/backup', mustExist: true })
  })

  it.each([
    ['{ aws_s3: { config_bucket: b, resource_bucket: r } }', 'config_bucket', 'resource_bucket', 'region', ''],
    ['{ aws_s3: { bucket: b, access_key: a, secret_key: s } }', 'bucket', undefined, 'region', 'access_key'],
    ['{ aws_s3: { bucket: b, custom_endpoint: "http://a" } }', 'bucket', undefined, 'custom_endpoint', ''],
    [
      '{ azure_blob: { account_name: a, sas_token: t, container: b } }',
      'container',
      undefined,
      'account_name',
      'sas_token',
    ],
    [
      '{ azure_blob: { connection_string: A=a;, container: b } }',
      'container',
      undefined,
      'connection_string',
      'connection_string',
    ],
    [
      '{ azure_blob: { account_name: a, endpoint: "https://a", container: b } }',
      'container',
      undefined,
      'endpoint',
      '',
    ],
    ['{ gcs: { bucket: b, key_file: k } }', 'bucket', undefined, '', 'key_file'],
    ['{ gcs: { bucket: b, endpoint: "http://a" } }', 'bucket', undefined, 'endpoint', ''],
    ['{ filesystem: { path: p } }', 'path', 'path', 'path', 'path'],
  ])('%s knows which field to name in a complaint', (text, config, resource, endpointField, credentialsField) => {
    const block = readBlock(text)
    expect(block).toMatchObject({ config: { field: config }, endpointField, credentialsField })
    expect(block.resource?.field).toBe(resource)
  })
})
