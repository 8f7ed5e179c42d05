import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

import { azureStorage } from '../src/index.ts'

const run = promisify(execFile)

describe('azureStorage options', () => {
  it('names the wrong option and never repeats a secret', () => {
    const base = { container: 'box', accountName: 'us', accountKey: 'a2V5' }
    expect(() => azureStorage({ ...base, container: '' })).toThrow('container must be a container name')
    expect(() => azureStorage({ ...base, sasToken: 'sig=secret' })).toThrow('give only one of accountKey')
    expect(() => azureStorage({ container: 'box', accountKey: 'a2V5' })).toThrow('accountKey needs accountName')
    expect(() => azureStorage({ container: 'box', sasToken: 'sig=x' })).toThrow('accountName or endpoint is missing')
    expect(() => azureStorage({ ...base, endpoint: 'localhost' })).toThrow('endpoint must be an http:// or https://')
    expect(() => azureStorage({ ...base, endpoint: 'https://host/?sig=x' })).toThrow('a signature belongs in sasToken')
    expect(() => azureStorage({ ...base, endpoint: 'https://us:secret@host' })).toThrow(/not in the endpoint$/)
    expect(() => azureStorage({ container: 'box' })).toThrow('accountName or endpoint is missing')
    for (const endpoint of ['http://host', 'HTTP://host', ' http://host']) {
      expect(() => azureStorage({ container: 'box', endpoint })).toThrow('an identity needs an https:// endpoint')
    }
    expect(() => azureStorage({ container: 'box', connectionString: 'secret' })).toThrow('connectionString must be')
  })

  it('is named after account and container', () => {
    expect(azureStorage({ container: 'box', accountName: 'us', accountKey: 'a2V5' }).name).toBe('azure://us/box')
  })

  it('needs nothing but account and container for an identity that is found at the first call', () => {
    expect(azureStorage({ container: 'box', accountName: 'us' }).name).toBe('azure://us/box')
  })

  /** Runs in a process of its own, where `seen` are the modules that have been asked for. */
  async function inProcess(script: string): Promise<unknown> {
    const index = new URL('../src/index.ts', import.meta.url).href
    const before = `
      import { registerHooks } from 'node:module'
      const seen = []
      let missing
      registerHooks({ resolve(specifier, context, next) {
        seen.push(specifier)
        const elsewhere = { ...context, parentURL: 'file:///where/nothing/is/installed.js' }
        return next(specifier, specifier === missing ? elsewhere : context)
      } })
      const { azureStorage } = await import(${JSON.stringify(index)})
      const print = (value) => console.log(JSON.stringify(value))`
    const flags = ['--conditions=@outlast/source', '--input-type=module', '-e', `${before}\n${script}`]
    const { stdout } = await run(process.execPath, flags, { cwd: import.meta.dirname })
    return JSON.parse(stdout)
  }

  it('loads no SDK before the first call', async () => {
    const seen = await inProcess(`
      azureStorage({ container: 'box', accountName: 'us', accountKey: 'a2V5' })
      azureStorage({ container: 'box', accountName: 'us' })
      print(seen)`)
    expect(seen).toContain('@outlast/storage')
    expect(seen).not.toContainEqual(expect.stringContaining('@azure/'))
  })

  it('loads @azure/identity only for those who prove themselves by nothing else', async () => {
    const seen = await inProcess(`
      const storage = azureStorage({ container: 'box', endpoint: 'http://127.0.0.1:1', accountName: 'us', accountKey: 'a2V5' })
      await storage.get('key').catch(() => undefined)
      print(seen)`)
    expect(seen).toContain('@azure/storage-blob')
    expect(seen).not.toContain('@azure/identity')
  })

  it('says what to install when an identity is needed and @azure/identity is not there', async () => {
    const refusal = await inProcess(`
      missing = '@azure/identity'
      const { code, retryable, message } = await azureStorage({ container: 'box', accountName: 'us' }).get('key').catch((error) => error)
      print({ code, retryable, message })`)
    expect(refusal).toEqual({
      code: 'denied',
      retryable: false,
      message:
        'azure://us/box: without accountKey, connectionString, sasToken or credential, the package @azure/identity is ' +
        'needed: npm install @azure/identity',
    })
  })
})
