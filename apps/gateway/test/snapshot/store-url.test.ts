import { describe, expect, it } from 'vitest'
import { storageFromUrl } from '../../src/snapshot/store-url.ts'

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
    ['s3://b/%zz', 'cannot be used'],
    ['gs://b?region=a', 'has an unknown parameter; known here: endpoint, project'],
    ['azblob://b?account=a', 'needs AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING'],
    ['file://host/path', 'must hold a whole path: file:///path'],
    ['file:path', 'must hold a whole path: file:///path'],
    ['file:///p?x=1', 'has an unknown parameter; known here: none'],
  ])('%s is refused in a sentence that does not repeat it', (url, sentence) => {
    const open = () => storageFromUrl(url, { environment: {} })
    expect(open).toThrow(sentence)
    expect(open).toThrow(/^--store: (?!.*hidden)/)
  })
})
