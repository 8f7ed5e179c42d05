import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRoute } from '../../src/proxy/compile-route.ts'
import { mappedUriIndex } from '../../src/proxy/mapped-uri-index.ts'
import type { RouteCandidate } from '../../src/proxy/route-candidate.ts'
import { uriIndex, type UriIndex } from '../../src/proxy/uri-index.ts'

const paths = ['/', '/a', '/a/', '/a/b', '/a/bc', '/a/b/c', '/ab', '/b/c/d', '/b']
// Few names, so that candidates compete for paths.
const candidate = fc.record({
  uri: fc.constantFrom(...paths, ...paths.map((path) => `${path}*`)),
  priority: fc.nat(2),
})

function compiled(uri: string, priority: number, rank: number): RouteCandidate {
  const route = compileRoute(String(rank), { uri, priority }, { parameters: false, rank })
  const [pattern] = route.patterns
  if (pattern === undefined) throw new Error('a route without a pattern')
  return { route, pattern }
}

/** In the order in which they would be asked. */
function asked(index: UriIndex, path: string): readonly string[] {
  const ids: string[] = []
  index.find(path, ({ route }) => {
    ids.push(route.id)
    return undefined
  })
  return ids
}

describe('an index of paths', () => {
  it('asks for the same candidates in the same order, whether they are few or many, and whatever came and went', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 40 }), fc.array(fc.nat(39), { maxLength: 40 }), (made, gone) => {
        const candidates = made.map(({ uri, priority }, rank) => compiled(uri, priority, rank))
        const [index, mapped] = [uriIndex(), mappedUriIndex()]
        for (const each of candidates) for (const to of [index, mapped]) to.add(each)
        for (const at of new Set(gone)) {
          const each = candidates[at]
          if (each !== undefined) for (const from of [index, mapped]) from.remove(each)
        }
        expect(index.size).toBe(mapped.size)
        for (const path of paths) expect(asked(index, path)).toEqual(asked(mapped, path))
      }),
    )
  })
})
