import { describe, expect, it } from 'vitest'
import { normalizePath } from '../../src/proxy/normalize-path.ts'

describe('the path that routes are matched against', () => {
  for (const [target, expected] of [
    ['/', '/'],
    ['/a/b?c=/../d', '/a/b'],
    ['//a///b/', '/a/b/'],
    ['/a/./b/.', '/a/b/'],
    ['/a/b/..', '/a/'],
    ['/a/../', '/'],
    ['/a//../b', '/b'],
    ['/a%2Fb', '/a/b'],
    ['/a/%2e%2E/b', '/b'],
    ['/a%3Fb%23c%25d', '/a?b#c%d'],
    ['/.hidden/..two/...', '/.hidden/..two/...'],
    ['/caf%C3%A9', '/caf\xc3\xa9'],
    ['/\u65e5', '/\xe6\x97\xa5'],
    ['/a;v=1+2', '/a;v=1+2'],
  ] as const) {
    it(`of ${target} is ${expected}`, () => {
      expect(normalizePath(target)).toBe(expected)
    })
  }

  for (const target of ['', '*', 'a', '/%', '/%4', '/%zz', '/%00', '/..', '/a/../../b', '/%2e%2e/b']) {
    it(`does not exist for ${JSON.stringify(target)}`, () => {
      expect(normalizePath(target)).toBeUndefined()
    })
  }
})
