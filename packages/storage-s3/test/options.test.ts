import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

import { s3Storage } from '../src/index.ts'

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
