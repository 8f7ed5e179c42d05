import type { Entry } from '@outlast/snapshot'
import { describe, expect, it } from 'vitest'
import { explainStorageError } from '../../src/storage/explain-storage-error.ts'
import { UserError } from '../../src/user-error.ts'
import { startCarelessS3Server } from './careless-s3-server.ts'
import { openFallback } from './open-fallback.ts'

function complaint(block: string): string {
  try {
    openFallback(block)
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a storage block opens', () => {
  it.each([
    ['aws_s3: { config_bucket: c, resource_bucket: r }', 's3://c', 's3://r'],
    ['aws_s3: { config_bucket: c, resource_bucket: r, prefix: prod/eu/ }', 's3://c/prod/eu', 's3://r/prod/eu'],
    ['aws_s3: { bucket: c, prefix: p }', 's3://c/p', 's3://c/p (resources)'],
    [
      'azure_blob: { account_name: acc, account_key: c2VjcmV0, config_container: c, resource_container: r, prefix: p }',
      'azure://acc/c/p',
      'azure://acc/r/p',
    ],
    ['azure_blob: { account_name: acc, config_container: c, resource_container: c }', 'azure://acc/c', 'azure://acc/c'],
    ['gcs: { config_bucket: c, resource_bucket: r, prefix: p }', 'gs://c/p', 'gs://r/p'],
    ['filesystem: { path: /backup, prefix: p }', 'file:///backup/p', 'file:///backup/p'],
  ])('%s', (block, instance, resources) => {
    const [store, ...others] = openFallback(block).stores
    expect(others).toEqual([])
    expect(store?.instance.name).toBe(instance)
    expect(store?.resources.name).toBe(resources)
  })

  it('and several stand side by side, in a fixed order', () => {
    const { stores } = openFallback(
      '{ filesystem: { path: /backup }, gcs: { bucket: b }, aws_s3: { bucket: b } }',
      'read',
    )
    expect(stores.map(({ block }) => block.name)).toEqual(['aws_s3', 'gcs', 'filesystem'])
  })
})

describe('a mistake in a storage block is named by its field', () => {
  const bucket = 'config_bucket: b'
  const container = 'config_container: b'
  it.each([
    ['{}', ': names no storage: give aws_s3, azure_blob, gcs or filesystem'],
    ['aws_s3: {}', '.aws_s3.config_bucket: is missing'],
    ['aws_s3: { bucket: a/b }', '.aws_s3.bucket: must be the name of a bucket'],
    [
      'aws_s3: { bucket: a, resource_bucket: b }',
      '.aws_s3.bucket: resource_bucket is set as well; give bucket alone, or config_bucket and resource_bucket',
    ],
    [`aws_s3: { ${bucket}, region: a.b }`, '.aws_s3.region: must be the name of a region, such as eu-west-1'],
    [
      `aws_s3: { ${bucket}, access_key: a }`,
      '.aws_s3.secret_key: is missing; give both, or neither to use the credentials of the environment',
    ],
    [
      `aws_s3: { ${bucket}, secret_key: a }`,
      '.aws_s3.access_key: is missing; give both, or neither to use the credentials of the environment',
    ],
    [
      `aws_s3: { ${bucket}, session_token: a }`,
      '.aws_s3.session_token: needs the access_key and secret_key that it was given with',
    ],
    [
      `aws_s3: { ${bucket}, endpoint: "http://a", custom_endpoint: "http://a" }`,
      '.aws_s3.custom_endpoint: endpoint is set as well, and means the same; keep one of the two',
    ],
    [
      `aws_s3: { ${bucket}, endpoint: "http://a:secret@b" }`,
      '.aws_s3.endpoint: must hold no keys, signature or other parameters',
    ],
    [`aws_s3: { ${bucket}, server_side_encryption: KMS }`, '.aws_s3.server_side_encryption: must be AES256 or aws:kms'],
    [`aws_s3: { ${bucket}, kms_key_id: a }`, '.aws_s3.kms_key_id: needs server_side_encryption: aws:kms'],
    [`aws_s3: { ${bucket}, timeout: 0 }`, '.aws_s3.timeout: must be a number of seconds above 0'],
    [`aws_s3: { ${bucket}, timeout: 3601 }`, '.aws_s3.timeout: must be at most an hour: 3600'],
    [`aws_s3: { ${bucket}, prefix: a//b }`, expect.stringContaining('.aws_s3.prefix: s3://b/a//b: the prefix has')],
    [`aws_s3: { ${bucket}, prefix: ../b }`, expect.stringContaining('.aws_s3.prefix: s3://b/../b: the prefix has')],
    [`azure_blob: { ${container} }`, '.azure_blob.account_name: is missing'],
    [`azure_blob: { ${container}, endpoint: "http://a", account_key: k }`, '.azure_blob.account_name: is missing'],
    [
      `azure_blob: { ${container}, account_name: a, endpoint: "http://a" }`,
      '.azure_blob.endpoint: must be https:// where neither account_key nor sas_token is given: a token is sent to it',
    ],
    [
      `azure_blob: { ${container}, account_name: a.b }`,
      '.azure_blob.account_name: must be the name of a storage account',
    ],
    [
      `azure_blob: { ${container}, account_name: a, account_key: k, sas_token: t }`,
      '.azure_blob.sas_token: account_key is set as well; keep one of the two',
    ],
    [
      `azure_blob: { ${container}, connection_string: k }`,
      '.azure_blob.connection_string: must be a string such as AccountName=…;AccountKey=…',
    ],
    [
      `azure_blob: { ${container}, account_name: a, connection_string: A=a; }`,
      '.azure_blob.account_name: connection_string tells it as well; keep one of the two',
    ],
    [`azure_blob: { account_name: a }`, '.azure_blob.config_container: is missing'],
    [`azure_blob: { account_name: a, container: a/b }`, '.azure_blob.container: must be the name of a container'],
    [
      `gcs: { ${bucket}, key_file: k, endpoint: "http://a" }`,
      '.gcs.key_file: is not used with an http:// endpoint, over which no credentials are sent',
    ],
    [`gcs: { ${bucket}, endpoint: "http://a/path" }`, '.gcs.endpoint: must be a URL without a path'],
    [`gcs: { ${bucket}, user_project: a/b }`, '.gcs.user_project: must be the ID of a project'],
    ['filesystem: { path: "" }', '.filesystem.path: must not be empty'],
    ['filesystem: { path: /backup, prefix: a//b }', expect.stringContaining('.filesystem.prefix: file:///backup/a//b')],
  ])('%s', (block, message) => {
    const start = 'conf.yaml:2: fallback_cp'
    const expected: unknown = typeof message === 'string' ? `${start}${message}` : message
    const found = complaint(block)
    expect(found).toEqual(expected)
    expect(found).toMatch(/^conf\.yaml:2: fallback_cp(?!.*secret@)/)
  })
})

describe('a store that does not enforce create-only writes', () => {
  const entries: readonly Entry[] = [{ kind: 'routes', id: '1', value: {} }]
  const exported = async (endpoint: string, line: string): Promise<unknown> => {
    const keys = 'access_key: a, secret_key: s'
    const block = `aws_s3: { config_bucket: b, resource_bucket: b, endpoint: "${endpoint}", ${keys} }`
    const { stores, file } = openFallback(`{ ${line} ${block} }`)
    const [fallback] = stores
    if (!fallback) throw new Error('there is a store')
    try {
      const publication = await fallback.store.resources.begin()
      const position = { epoch: 1, revision: 1 }
      return (await publication.publish({ entries, position, source: { identity: 'cp' } })).status
    } catch (error) {
      return explainStorageError(error, { file, fallback, domain: 'resources' })?.message
    }
  }

  it('is refused, and the complaint says what would help', async () => {
    await using server = await startCarelessS3Server()
    expect(await exported(server.endpoint, '')).toBe(
      'conf.yaml:2: fallback_cp.aws_s3.resource_bucket: s3://b does not enforce create-only writes, ' +
        'so publishers could overwrite each other; if nobody else writes to it, say so with single_writer: true',
    )
  })

  it('takes the backup of a single writer', async () => {
    await using server = await startCarelessS3Server()
    expect(await exported(server.endpoint, 'single_writer: true,')).toBe('published')
  })
})
