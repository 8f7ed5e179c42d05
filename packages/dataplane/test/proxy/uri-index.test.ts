import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CompiledRoute } from '../../src/proxy/compiled-route.ts'
import { MatchRequest } from '../../src/proxy/match-request.ts'
import { compareCandidates, type RouteCandidate } from '../../src/proxy/route-candidate.ts'
import { UriIndex } from '../../src/proxy/uri-index.ts'

const paths = ['/', '/a', '/a/', '/a/b', '/a/bc', '/a/b/c', '/ab', '/b/c/d', '/b', '/c0', '/c1', '/c0/x', '/c0/y']
// Few names, so that candidates compete for paths.
const added = fc.record({
  uri: fc.constantFrom(...paths, ...paths.map((path) => `${path}*`), '*'),
  priority: fc.nat(2),
  zone: fc.nat(3),
})

function compiled(uri: string, priority: number, rank: number): RouteCandidate {
  const route = new CompiledRoute(String(rank), { uri, priority }, { parameters: false, checksHosts: false, rank })
  const [candidate] = route.candidates
  if (candidate === undefined) throw new Error('a route without a candidate')
  return candidate
}

function fits({ exact, literal }: RouteCandidate, path: string): boolean {
  return exact ? path === literal : path.startsWith(literal)
}

describe('an index of paths', () => {
  it('finds in each zone just what is in it, in order, whatever came and went', () => {
    fc.assert(
      fc.property(
        fc.array(added, { maxLength: 150, size: 'max' }),
        fc.array(fc.nat(149), { maxLength: 150, size: 'max' }),
        (made, gone) => {
          const index = new UriIndex()
          const zones = [index.newZone(), index.newZone(), index.newZone(), index.newZone()]
          const kept = made.map(({ uri, priority, zone }, rank) => {
            return { candidate: compiled(uri, priority, rank), zone: zones[zone] ?? 0 }
          })
          for (const { candidate, zone } of kept) index.add(candidate, zone)
          for (const at of gone) {
            const [removed] = kept.splice(at, 1)
            if (removed !== undefined) index.remove(removed.candidate, removed.zone)
          }
          for (const path of paths) {
            index.read(path)
            const request = new MatchRequest({ method: 'GET', host: '', path }, path)
            for (const zone of zones) {
              const expected = kept
                .filter((each) => each.zone === zone && fits(each.candidate, path))
                .map(({ candidate }) => candidate)
                .sort(compareCandidates)
              const collected: RouteCandidate[] = []
              index.collect(path, zone, collected)
              expect(collected.sort(compareCandidates)).toEqual(expected)
              expect(index.find(request, zone)?.id).toBe(expected[0]?.route.id)
            }
          }
        },
      ),
    )
  })

  it('leaves what is there alone when what is not there is removed', () => {
    const index = new UriIndex()
    const zone = index.newZone()
    const [there, other] = [compiled('/a', 0, 1), compiled('/a', 0, 2)]
    index.add(there, zone)
    index.remove(other, zone)
    index.remove(there, index.newZone())
    index.read('/a')
    expect(index.find(new MatchRequest({ method: 'GET', host: '', path: '/a' }, '/a'), zone)?.id).toBe('1')
  })
})
