import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

import { azureStorage } from '../src/index.ts'

const run = promisify(execFile)

describe('azureStorage options', () => {
  it('names the wrong option and never repeats a secret', () => {
    const base = { container: 'box', accountName: 'us', accountKey: 'a2V5' }
    expect(() => azureStorage({ ...base, container: '' })).toThrow('container must be a container name')
    expect(() => azureStorage({ container: 'box', accountName: 'us' })).toThrow('give exactly one of accountKey')
    expect(() => azureStorage({ ...base, sasToken: 'sig=secret' })).toThrow('give exactly one of accountKey')
    expect(() => azureStorage({ container: 'box', accountKey: 'a2V5' })).toThrow('accountKey needs accountName')
    expect(() => azureStorage({ container: 'box', sasToken: 'sig=x' })).toThrow('accountName or endpoint is missing')
    expect(() => azureStorage({ ...base, endpoint: 'localhost' })).toThrow('endpoint must be an http:// or https://')
    expect(() => azureStorage({ ...base, endpoint: 'https://host/?sig=x' })).toThrow('a signature belongs in sasToken')
    expect(() => azureStorage({ container: 'box', connectionString: 'secret' })).toThrow('connectionString must be')
  })

  it('is named after account and container', () => {
    expect(azureStorage({ container: 'box', accountName: 'us', accountKey: 'a2V5' }).name).toBe('azure://us/box')
  })

  it('loads no SDK before the first call', async () => {
    const index = new URL('../src/index.ts', import.meta.url).href
    const script = `
      import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context) } })
      const { azureStorage } = await import(${JSON.stringify(index)})
      azureStorage({ container: 'box', accountName: 'us', accountKey: 'a2V5' })
      console.log(JSON.stringify(seen))`
    const flags = ['--conditions=@outlast/source', '--input-type=module', '-e', script]
    const { stdout } = await run(process.execPath, flags, { cwd: import.meta.dirname })
    const seen: string[] = JSON.parse(stdout)
    expect(seen).toContain('@outlast/storage')
    expect(seen.filter((specifier) => specifier.startsWith('@azure/'))).toEqual([])
  })
})
