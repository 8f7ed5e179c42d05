import type { JsonValue } from '@outlast/snapshot'
import { describe, expect, it } from 'vitest'
import { createRouter } from '../../src/proxy/index.ts'

function matches(vars: JsonValue, path: string): boolean {
  const router = createRouter({ routes: [{ id: '1', uri: '/*', vars }] })
  return router.match({ method: 'GET', host: 'a.test', path, headers: { 'x-team': 'Red' } }) !== undefined
}

describe('vars', () => {
  for (const [vars, path, expected] of [
    [[], '/', true],
    // The short form takes its value in lower case, as a text.
    [[['arg_v', 'Jack']], '/?v=jack', true],
    [[['arg_v', 'Jack']], '/?v=Jack', false],
    [[['arg_v', 5]], '/?v=5', true],
    [[['arg_v', 5]], '/?v=05', false],
    [[['arg_v', '==', 5]], '/?v=05', true],
    [[['arg_v', '==']], '/', true],
    [[['arg_v', '==']], '/?v==', false],
    [[['arg_v', '~=']], '/?v=1', true],
    [[['arg_v', '==', null]], '/', true],
    [[['arg_v', '!', 'IN', ['a', 'b']]], '/?v=c', true],
    [['OR', ['arg_v', '==', 'a'], ['http_x_team', '==', 'Red']], '/?v=b', true],
    [['!AND', ['arg_v', '==', 'a'], ['http_x_team', '==', 'Red']], '/?v=a', false],
    [
      [
        ['OR', ['arg_v', '==', 'a'], ['arg_v', '==', 'b']],
        ['http_x_team', '~*', '^red$'],
      ],
      '/?v=b',
      true,
    ],
    [[['remote_addr', 'ipmatch', ['10.0.0.0/8']]], '/', false],
  ] as const) {
    it(`${JSON.stringify(vars)} ${expected ? 'take' : 'do not take'} ${path}`, () => {
      expect(matches(vars, path)).toBe(expected)
    })
  }

  for (const [vars, reason] of [
    ['arg_v', 'must be a list'],
    [['arg_v', '==', 'a'], 'in a list of conditions'],
    [['OR', ['arg_v', '==', 'a']], 'two conditions'],
    [[[]], 'a list is empty'],
    [[['arg_v']], 'incomplete'],
    [[['arg_v', null]], 'incomplete'],
    [[['arg_v', '~~']], 'must be a text'],
    [[['arg_v', 'x', '==', 'a']], 'too long'],
    [[['arg_v', '===', 'a']], 'operator is not known'],
    [[['graphql_name', '==', 'a']], 'variable is not supported'],
    [[['arg_v', '~~', '(secret']], 'regular expression cannot be compiled'],
    [[['remote_addr', 'ipmatch', 'nowhere']], 'neither IPv4 nor IPv6'],
  ] as const) {
    it(`${JSON.stringify(vars)} are refused with a reason, which does not quote them`, () => {
      expect(() => matches(vars, '/')).toThrow(reason)
      expect(() => matches(vars, '/')).not.toThrow('secret')
    })
  }
})
