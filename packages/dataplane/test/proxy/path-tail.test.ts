import { describe, expect, it } from 'vitest'
import { createRouter, type RouterName } from '../../src/proxy/index.ts'

function paramsOf(uri: string, path: string, name: RouterName = 'radixtree_uri_with_parameter') {
  const router = createRouter({ router: name, routes: [{ id: '1', uri }] })
  return router.match({ method: 'GET', host: 'a.test', path })?.params
}

describe('the named parts of a path', () => {
  const told: readonly (readonly [string, string, Record<string, string>])[] = [
    ['/users/:id', '/users/7', { id: '7' }],
    ['/users/:id/', '/users/7/', { id: '7' }],
    ['/users/:id/posts/:post', '/users/7/posts/x', { id: '7', post: 'x' }],
    ['/files/*path', '/files/a/b', { path: 'a/b' }],
    ['/files/*path', '/files/', { path: '' }],
    ['/files/*path/raw', '/files/a/raw/b/raw', { path: 'a/raw/b' }],
    ['/*a/x/*b', '/1/x/2/x/3', { a: '1/x/2', b: '3' }],
    ['/:name', '/caf%C3%A9%20bar', { name: 'caf\u{e9} bar' }],
    ['/:constructor', '/x', { constructor: 'x' }],
  ]
  for (const [uri, path, expected] of told) {
    it(`of ${uri} in ${path} are ${JSON.stringify(expected)}`, () => {
      expect(paramsOf(uri, path)).toEqual(expected)
    })
  }

  for (const [uri, path] of [
    ['/users/:id', '/users/'],
    ['/users/:id', '/users/7/'],
    ['/users/:id/posts', '/users/7/post'],
    ['/users/:id/posts', '/users/7/posts/x'],
    ['/files/*path/raw', '/files/raw'],
    ['/*a/x/*b/x/*c', '/1/x/2'],
    // A point is a point.
    ['/a/*/b.c', '/a/1/bxc'],
  ] as const) {
    it(`do not exist for ${uri} in ${path}`, () => {
      expect(paramsOf(uri, path)).toBeUndefined()
    })
  }

  it('are told behind a rest as well, where a colon does not end the literal', () => {
    expect(paramsOf('/*a/x/:b/y/*c', '/1/x/2/x/3/y/4', 'radixtree_uri')).toEqual({ a: '1/x/2', b: '3', c: '4' })
    expect(paramsOf('/a/*/:last', '/a/1/2/3', 'radixtree_uri')).toEqual({ last: '3' })
    // Where it does, the asterisk is part of it, as in the original.
    expect(paramsOf('/a/*/:last', '/a/1/2/3')).toBeUndefined()
    expect(paramsOf('/a/*/:last', '/a/*/3')).toEqual({ last: '3' })
  })

  it('cannot have a name that objects give a meaning to', () => {
    expect(() => createRouter({ routes: [{ id: '1', uri: '/*/:__proto__' }] })).toThrow('cannot have this name')
  })

  it('are looked for in time that grows with the path, however many rests there are', () => {
    expect(paramsOf('/*/a/*/a/*/a/*/a/*/a/b', '/a'.repeat(4000))).toBeUndefined()
  })
})
