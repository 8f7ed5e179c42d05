import { describe, expect, it } from 'vitest'
import { storageFromUrl } from '../../src/storage/urls/storage-from-url.ts'

const azure = { AZURE_STORAGE_ACCOUNT: 'acc', AZURE_STORAGE_KEY: 'c2VjcmV0' }

describe('a store URL', () => {
  it.each([
    ['s3://backups', 's3://backups'],
    ['s3://backups/', 's3://backups'],
    ['s3://Backups_1/team%20a/prod/', 's3://Backups_1/team a/prod'],
    ['s3://backups/p?region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1%3A9000&path_style=false', 's3://backups/p'],
    ['s3://backups/p?endpoint=http://127.0.0.1:9000', 's3://backups/p'],
    ['gs://backups/p?endpoint=http://127.0.0.1:1', 'gs://backups/p'],
    ['file:///var/lib/a%20b', 'file:///var/lib/a%20b'],
  ])('%s opens %s', (url, name) => {
    expect(storageFromUrl(url, { environment: {} }).name).toBe(name)
  })

  it.each([
    ['azblob://backups/p', azure],
    ['azblob://backups/p?account=acc', { AZURE_STORAGE_SAS_TOKEN: 'sv=1&sig=x' }],
    ['azblob://backups/p?endpoint=http://127.0.0.1:1/acc&account=acc', azure],
    ['azblob://backups/p', { AZURE_STORAGE_CONNECTION_STRING: 'AccountName=acc;AccountKey=c2VjcmV0' }],
    ['azblob://backups/p?account=acc', {}],
  ])('%s opens an Azure container with what the environment gives', (url, environment) => {
    expect(storageFromUrl(url, { environment }).name).toMatch(/backups\/p$/)
  })

  it.each([
    ['', "is no store's URL"],
    ['backups', "is no store's URL"],
    ['https://hidden', "is no store's URL"],
    ['s3://hidden@b', 'must not hold credentials'],
    ['s3://a:hidden@b', 'must not hold credentials'],
    ['s3://b:9000', 'must have neither a port nor a fragment'],
    ['s3://b#hidden', 'must have neither a port nor a fragment'],
    ['s3://', 'bucket must be a bucket name'],
    ['s3://b?secret_key=hidden', 'has an unknown parameter; known here: region, endpoint, path_style'],
    ['s3://b?region=a&region=hidden', 'gives region twice'],
    ['s3://b?region=', 'gives region without a value'],
    ['s3://b?path_style=hidden', 'gives path_style a value that is neither true nor false'],
    ['s3://b?endpoint=http://a:hidden@b', 'keys belong in credentials'],
    ['s3://b/a//b', 'the prefix'],
    ['s3://b/%zz', 'cannot be used: a % in its path is not followed by two hexadecimal digits'],
    ['s3://b?timeout=hidden', 'gives timeout a value that is no number of seconds from 0.001 to 3600'],
    ['s3://b?timeout=3600.5', 'gives timeout a value that is no number of seconds from 0.001 to 3600'],
    ['s3://b?timeout=0', 'gives timeout a value that is no number of seconds from 0.001 to 3600'],
    ['s3://b?single_writer=hidden', 'gives single_writer a value that is neither true nor false'],
    ['s3://b?server_side_encryption=hidden', 'gives server_side_encryption a value that is neither AES256 nor aws:kms'],
    ['s3://b?kms_key_id=hidden', 'gives kms_key_id, which needs server_side_encryption=aws:kms'],
    ['gs://b?region=a', 'has an unknown parameter; known here: endpoint, user_project'],
    ['azblob://b', 'needs account=…, or AZURE_STORAGE_ACCOUNT in the environment'],
    ['file://host/path', 'must hold a whole path: file:///path'],
    ['file:path', 'must hold a whole path: file:///path'],
    ['file:///p?x=1', 'has an unknown parameter; known here: timeout, single_writer'],
  ])('%s is refused in a sentence that does not repeat it', (url, sentence) => {
    const open = () => storageFromUrl(url, { environment: {} })
    expect(open).toThrow(sentence)
    expect(open).toThrow(/^--store: (?!.*hidden)/)
  })

  it.each(['account=hidden', 'endpoint=http://hidden'])(
    'azblob://b?%s is refused beside a connection string, which tells the same',
    (query) => {
      const environment = { AZURE_STORAGE_CONNECTION_STRING: 'AccountName=acc;AccountKey=c2VjcmV0' }
      const open = () => storageFromUrl(`azblob://b?${query}`, { environment })
      expect(open).toThrow('and so does AZURE_STORAGE_CONNECTION_STRING; keep one of the two')
      expect(open).toThrow(/^--store: (?!.*hidden)/)
    },
  )
})
