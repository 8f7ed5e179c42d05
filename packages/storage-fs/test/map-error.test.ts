import { expect, it } from 'vitest'

import { mapError } from '../src/map-error.ts'

it.each([
  ['EACCES', 'open', 'denied'],
  ['EROFS', 'mkdir', 'denied'],
  ['EPERM', 'unlink', 'denied'],
  ['ENOSPC', 'write', 'no-space'],
  ['EDQUOT', 'write', 'no-space'],
  ['EMFILE', 'open', 'unavailable'],
  ['EIO', 'fsync', 'unavailable'],
  ['ESTALE', 'open', 'unavailable'],
  ['ENOTCONN', 'stat', 'unavailable'],
  ['EEXIST', 'link', 'already-exists'],
  ['EEXIST', 'mkdir', 'invalid-key'],
  ['EPERM', 'link', 'unsupported'],
  ['ENAMETOOLONG', 'open', 'invalid-key'],
  ['EWHATEVER', 'open', undefined],
])('tells %s of %s as %s', (code, syscall, expected) => {
  expect(mapError(Object.assign(new Error(code), { code, syscall }))).toBe(expected)
})

it('has no answer to what is no system error', () => {
  for (const other of [new Error('?'), 'EACCES', undefined, { code: 'EACCES' }]) expect(mapError(other)).toBeUndefined()
})
