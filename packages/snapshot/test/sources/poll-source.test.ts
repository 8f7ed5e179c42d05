import { describe, expect, it } from 'vitest'
import { pollSource } from '../../src/sources/poll-source.ts'
import { SourceError } from '../../src/sources/source-error.ts'
import { route } from '../publish.ts'

describe('pollSource', () => {
  it('loads what the function reads', async () => {
    const source = pollSource({ identity: 'acme', load: async () => ({ revision: 7, resources: [route(1)] }) })
    expect(source.name).toBe('acme')
    expect(await source.load()).toEqual({ identity: 'acme', revision: 7, resources: [route(1)], instance: [] })
  })

  it('passes on when entries were modified', async () => {
    const modified = { resources: new Map([['routes/1', 7]]), instance: new Map<string, number>() }
    const source = pollSource({
      identity: 'acme',
      load: async () => ({ revision: 7, resources: [route(1)], modified }),
    })
    expect((await source.load()).modified).toEqual(modified)
  })

  it.each([8, -1, 1.5, Number.NaN])('refuses an entry of revision 7 that was modified at %s', async (at) => {
    const modified = { resources: new Map<string, number>(), instance: new Map([['keyring/1', at]]) }
    const source = pollSource({ identity: 'acme', load: async () => ({ revision: 7, resources: [], modified }) })
    await expect(source.load()).rejects.toMatchObject({ name: 'SourceError', code: 'invalid-response' })
  })

  it.each([
    ['a revision that is no integer', { revision: 1.5, resources: [] }],
    ['an entry that is there twice', { revision: 1, resources: [route(1), route(1)] }],
    ['a kind with a slash', { revision: 1, resources: [{ kind: 'a/b', id: '1', value: {} }] }],
    ['an empty id', { revision: 1, resources: [], instance: [{ kind: 'a', id: '', value: {} }] }],
    ['an entry without value', { revision: 1, resources: [JSON.parse('{"kind":"a","id":"b"}')] }],
  ])('refuses %s as an invalid response', async (_name, answer) => {
    const error: unknown = await pollSource({ identity: 'acme', load: async () => answer })
      .load()
      .catch((reason: unknown) => reason)
    expect(SourceError.isInstance(error) && error.code).toBe('invalid-response')
  })

  it('turns what the function throws into a SourceError that does not repeat its message', async () => {
    const load = async (): Promise<never> => {
      throw new Error('password=secret')
    }
    const error: unknown = await pollSource({ identity: 'acme', load })
      .load()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'unavailable', message: 'The source acme could not be loaded' })
  })

  it('passes a SourceError on as it is', async () => {
    const denied = new SourceError('denied', 'no')
    await expect(pollSource({ identity: 'acme', load: async () => Promise.reject(denied) }).load()).rejects.toBe(denied)
  })

  it('ends at its deadline and at its signal, even when the function never does', async () => {
    const load = async (): Promise<never> => new Promise(() => {})
    const error: unknown = await pollSource({ identity: 'acme', timeoutMs: 5, load })
      .load()
      .catch((reason: unknown) => reason)
    expect(SourceError.isInstance(error) && error.code).toBe('unavailable')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(pollSource({ identity: 'acme', load }).load({ signal })).rejects.toThrow('enough')
  })
})
