import { describe, expect, it } from 'vitest'
import { placeFromUrl } from '../../src/storage/urls/place-from-url.ts'

const common = { prefix: '', singleWriter: undefined }

describe('a URL is the place that it names', () => {
  it.each([
    ['s3://backups', { adapter: 's3', options: { bucket: 'backups' }, ...common }],
    [
      's3://backups/team%20a/prod/?region=eu-west-1&endpoint=http://127.0.0.1:9000&path_style=false&timeout=2.5',
      {
        adapter: 's3',
        options: {
          bucket: 'backups',
          region: 'eu-west-1',
          endpoint: 'http://127.0.0.1:9000',
          forcePathStyle: false,
          timeoutMs: 2_500,
        },
        prefix: '/team a/prod/',
      },
    ],
    [
      's3://backups?server_side_encryption=aws:kms&kms_key_id=alias/backup&single_writer=true',
      {
        adapter: 's3',
        options: { bucket: 'backups', serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/backup' },
        prefix: '',
        singleWriter: true,
      },
    ],
    [
      's3://backups?server_side_encryption=AES256&single_writer=false',
      {
        adapter: 's3',
        options: { bucket: 'backups', serverSideEncryption: 'AES256' },
        prefix: '',
        singleWriter: false,
      },
    ],
    [
      'gs://backups/p?endpoint=http://127.0.0.1:1&user_project=billing&timeout=30',
      {
        adapter: 'gcs',
        options: {
          bucket: 'backups',
          apiEndpoint: 'http://127.0.0.1:1',
          userProject: 'billing',
          timeoutMs: 30_000,
        },
        prefix: '/p',
      },
    ],
    [
      'azblob://backups/p?account=acc&endpoint=https://127.0.0.1:1/acc&timeout=1',
      {
        adapter: 'azure',
        options: { container: 'backups', accountName: 'acc', endpoint: 'https://127.0.0.1:1/acc', timeoutMs: 1_000 },
        prefix: '/p',
      },
    ],
    [
      'file:///var/lib/a%20b?timeout=60',
      { adapter: 'fs', options: { path: '/var/lib/a b', mustExist: true, timeoutMs: 60_000 } },
    ],
  ])('%s', (url, place) => {
    expect(placeFromUrl(url, {})).toEqual({ prefix: undefined, singleWriter: undefined, ...place })
  })

  const sas = { AZURE_STORAGE_SAS_TOKEN: 'sv=1&sig=x' }
  const key = { AZURE_STORAGE_KEY: 'c2VjcmV0', ...sas }
  const everything = { AZURE_STORAGE_CONNECTION_STRING: 'AccountName=other;AccountKey=c2VjcmV0', ...key }
  const account = { AZURE_STORAGE_ACCOUNT: 'acc' }

  it.each([
    ['nothing: the identity of the machine', account, { accountName: 'acc' }],
    ['a signature', { ...account, ...sas }, { accountName: 'acc', sasToken: 'sv=1&sig=x' }],
    ['a key before a signature', { ...account, ...key }, { accountName: 'acc', accountKey: 'c2VjcmV0' }],
    [
      'a connection string before all',
      { ...account, ...everything },
      { connectionString: 'AccountName=other;AccountKey=c2VjcmV0' },
    ],
    ['empty variables are none', { ...account, AZURE_STORAGE_KEY: '' }, { accountName: 'acc' }],
  ])('azblob:// takes from the environment %s', (_what, environment, options) => {
    expect(placeFromUrl('azblob://backups', environment).options).toEqual({ container: 'backups', ...options })
  })

  it('azblob:// needs no account where the server is given with a signature', () => {
    const { options } = placeFromUrl('azblob://backups?endpoint=http://127.0.0.1:1/acc', sas)
    expect(options).toEqual({ container: 'backups', endpoint: 'http://127.0.0.1:1/acc', sasToken: 'sv=1&sig=x' })
  })
})
