import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

import { s3Storage, type S3StorageOptions } from '../src/index.ts'

const run = promisify(execFile)

describe('s3Storage options', () => {
  it('names the wrong option and never repeats a key', () => {
    expect(() => s3Storage({ bucket: '' })).toThrow('bucket must be a bucket name')
    expect(() => s3Storage({ bucket: 'a/b' })).toThrow('bucket must be a bucket name')
    expect(() => s3Storage({ bucket: 'box', region: 'eu central' })).toThrow('region must be a region name')
    expect(() => s3Storage({ bucket: 'box', endpoint: 'localhost:9000' })).toThrow(
      'endpoint must be an http:// or https',
    )
    expect(() => s3Storage({ bucket: 'box', endpoint: 'http://id:secret@host' })).toThrow('keys belong in credentials')
    expect(() => s3Storage({ bucket: 'box', credentials: { accessKeyId: 'id', secretAccessKey: '' } })).toThrow(
      'credentials need both',
    )
  })

  it('takes a KMS key only with SSE-KMS, and only what can be one', () => {
    const kms = { bucket: 'box', serverSideEncryption: 'aws:kms' } as const
    for (const kmsKeyId of [
      '1234abcd-12ab-34cd-56ef-1234567890ab',
      'alias/gateway',
      'arn:aws:kms:eu-central-1:123456789012:alias/gateway',
    ]) {
      expect(s3Storage({ ...kms, kmsKeyId, bucketKeyEnabled: true }).name).toBe('s3://box')
    }
    expect(s3Storage(kms).name).toBe('s3://box')
    expect(() => s3Storage({ bucket: 'box', kmsKeyId: 'alias/gateway' })).toThrow('kmsKeyId needs serverSideEncryption')
    expect(() => s3Storage({ ...kms, serverSideEncryption: 'AES256', bucketKeyEnabled: false })).toThrow(
      'bucketKeyEnabled needs serverSideEncryption aws:kms',
    )
    expect(() => s3Storage({ ...kms, kmsKeyId: 'a key\r\n' })).toThrow('kmsKeyId must be the id, ARN or alias')
    const fromJson: S3StorageOptions = JSON.parse('{ "bucket": "box", "serverSideEncryption": "aes256" }')
    expect(() => s3Storage(fromJson)).toThrow('serverSideEncryption must be AES256 or aws:kms')
  })

  it('is named after its bucket', () => {
    expect(s3Storage({ bucket: 'box' }).name).toBe('s3://box')
  })

  it('loads no SDK before the first call', async () => {
    const index = new URL('../src/index.ts', import.meta.url).href
    const script = `
      import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context) } })
      const { s3Storage } = await import(${JSON.stringify(index)})
      s3Storage({ bucket: 'box' })
      console.log(JSON.stringify(seen))`
    const flags = ['--conditions=@outlast/source', '--input-type=module', '-e', script]
    const { stdout } = await run(process.execPath, flags, { cwd: import.meta.dirname })
    const seen: string[] = JSON.parse(stdout)
    expect(seen).toContain('@outlast/storage')
    expect(seen.filter((specifier) => /aws|smithy/.test(specifier))).toEqual([])
  })
})
