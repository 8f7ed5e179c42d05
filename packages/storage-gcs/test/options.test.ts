import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'

import { CredentialsError } from '../src/credentials-error.ts'
import { gcsStorage } from '../src/index.ts'
import { mapGcsError } from '../src/map-gcs-error.ts'

const run = promisify(execFile)

describe('gcsStorage options', () => {
  it('names the wrong option and never repeats a secret', () => {
    const credentials = { private_key: 'secret' }
    expect(() => gcsStorage({ bucket: '' })).toThrow('bucket must be a bucket name')
    expect(() => gcsStorage({ bucket: 'box', apiEndpoint: 'localhost' })).toThrow('apiEndpoint must be an http')
    expect(() => gcsStorage({ bucket: 'box', apiEndpoint: 'https://us:secret@host' })).toThrow(
      /without a user or a path$/,
    )
    expect(() => gcsStorage({ bucket: 'box', credentials, keyFilename: 'key.json' })).toThrow('not both')
    expect(() => gcsStorage({ bucket: 'box', userProject: 'a b' })).toThrow('userProject must be a project ID')
    expect(() => gcsStorage({ bucket: 'box', credentials, apiEndpoint: 'http://host' })).toThrow(
      'credentials are not sent over http://',
    )
  })

  it('is named after its bucket', () => {
    expect(gcsStorage({ bucket: 'box' }).name).toBe('gs://box')
  })

  it('says that there are no credentials where none are found', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
    vi.stubEnv('CLOUDSDK_CONFIG', import.meta.dirname)
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    await expect(gcsStorage({ bucket: 'box' }).get('key')).rejects.toMatchObject({
      code: 'denied',
      message: 'gs://box: no usable credentials were found',
    })
    vi.unstubAllEnvs()
  })

  it('tells an unreachable token server from wrong credentials', () => {
    const unreachable = Object.assign(new Error('secret detail'), { code: 'ENOTFOUND' })
    expect(mapGcsError(new CredentialsError({ cause: unreachable }))).toEqual({
      code: 'unavailable',
      message: 'the store cannot be reached (ENOTFOUND)',
    })
    expect(mapGcsError(new CredentialsError({ cause: new Error('secret detail') }))).toEqual({
      code: 'denied',
      message: 'no usable credentials were found',
      retryable: true,
    })
  })

  it('does not guess about errors that are none of the store', () => {
    expect(mapGcsError(new TypeError('a bug'))).toBeUndefined()
    expect(mapGcsError('a string')).toBeUndefined()
  })

  it('loads no SDK before the first call', async () => {
    const index = new URL('../src/index.ts', import.meta.url).href
    const script = `
      import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context) } })
      const { gcsStorage } = await import(${JSON.stringify(index)})
      gcsStorage({ bucket: 'box' })
      console.log(JSON.stringify(seen))`
    const flags = ['--conditions=@outlast/source', '--input-type=module', '-e', script]
    const { stdout } = await run(process.execPath, flags, { cwd: import.meta.dirname })
    const seen: string[] = JSON.parse(stdout)
    expect(seen).toContain('@outlast/storage')
    expect(seen.filter((specifier) => specifier.includes('google'))).toEqual([])
  })
})
