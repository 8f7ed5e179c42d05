import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createRouter,
  type Router,
  type RouterItem,
  type RouterName,
  type RouterRequest,
} from '../../src/proxy/index.ts'
import { naiveMatch } from './naive-router.ts'

// Few names everywhere, so that routes compete.
const host = fc.constantFrom('a.test', 'b.a.test', '*.test', '*.a.test', '*test', '*', 'A.Test', 'a.test:81')
const hosts = fc.uniqueArray(host, { minLength: 1, maxLength: 3 })
const uriSegment = fc.constantFrom('a', 'b', 'ab', 'a', 'b', '*', '*rest', ':x', ':y', 'a*', 'a:x', 'a*b', '')
const uri = fc.array(uriSegment, { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join('/')}`)
const rarely = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 4 })

const routeFields = fc
  .record({
    uris: fc.uniqueArray(uri, { minLength: 1, maxLength: 3 }),
    hosts: fc.option(hosts, { nil: undefined }),
    service_id: fc.option(fc.constantFrom('s', 't', 7), { nil: undefined }),
    priority: fc.option(fc.integer({ min: -1, max: 2 }), { nil: undefined }),
    methods: rarely(fc.uniqueArray(fc.constantFrom('GET', 'POST'), { minLength: 1 })),
    remote_addrs: rarely(fc.uniqueArray(fc.constantFrom('10.1.0.1', '10.1.0.0/16', '10.0.0.0/8'), { minLength: 1 })),
    vars: rarely(fc.constantFrom([['arg_v', '==', '1']], [['arg_v', '==', '2']])),
    status: fc.constantFrom(1, 1, 1, 0, undefined),
    filter_func: fc.constantFrom(undefined, undefined, undefined, undefined, 'function() return true end'),
  })
  .map((fields): Omit<RouterItem, 'id'> => JSON.parse(JSON.stringify(fields)))

const request = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'QUERY'),
    host: fc.constantFrom(
      'a.test',
      'A.TEST',
      'b.a.test',
      'c.a.test:80',
      'x.test',
      'a.test:81',
      'A.test:81',
      'other',
      '',
    ),
    segments: fc.array(fc.constantFrom('a', 'b', 'ab', 'axb', 'a:x', 'c'), { maxLength: 6 }),
    folder: fc.boolean(),
    query: fc.constantFrom('', '?v=1', '?v=2'),
    remoteAddr: fc.constantFrom('10.1.0.1', '10.1.2.3', '10.2.0.1', '::1', undefined),
  })
  .map(({ segments, folder, query, ...rest }): RouterRequest => {
    const path = segments.map((segment) => `/${segment}`).join('')
    return { ...rest, path: `${path}${folder || path === '' ? '/' : ''}${query}` }
  })

const id = fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8')
const serviceId = fc.constantFrom('s', 't', '7')
const change = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), id, fields: routeFields }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('putService' as const), id: serviceId, hosts: fc.option(hosts) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteService' as const), id: serviceId }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('putMany', 'putMany', 'deleteMany'),
      service: fc.constantFrom('s', 't'),
    }),
  },
)

// More than a router moves from host to host one by one.
const manyOf = (service: string) => {
  const wide = ['/*', '/a', '/a/b', '/a/*', '/b*', '/a*/*']
  return Array.from({ length: 1100 }, (_, at): RouterItem => {
    return { id: `many-${service}-${at}`, uri: wide[at] ?? `/a/${at}`, service_id: service, priority: at % 3 }
  })
}
const many = { s: manyOf('s'), t: manyOf('t') }

const routers: readonly RouterName[] = ['radixtree_host_uri', 'radixtree_uri', 'radixtree_uri_with_parameter']

function answer(router: Router, asked: RouterRequest) {
  const match = router.match(asked)
  return match && { id: match.id, params: match.params }
}

describe.each(routers)('%s', (name) => {
  it('answers as a matcher does that looks at every route', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ id, fields: routeFields }), { maxLength: 12, size: 'max' }),
        fc.array(fc.record({ id: serviceId, hosts }), { maxLength: 2 }),
        fc.array(request, { minLength: 20, maxLength: 20 }),
        (given, services, requests) => {
          const routes = new Map(given.map((each) => [each.id, { ...each.fields, id: each.id }]))
          const router = createRouter({ router: name, routes: [...routes.values()], services })
          const model = {
            router: name,
            routes: [...routes.values()],
            services: new Map(services.map((each) => [each.id, each])),
          }
          for (const asked of requests) expect(answer(router, asked)).toEqual(naiveMatch(model, asked))
          expect([...router.quarantined.keys()].sort()).toEqual(
            model.routes
              .filter((route) => 'filter_func' in route)
              .map((route) => route.id)
              .sort(),
          )
        },
      ),
      { numRuns: 600 },
    )
  })

  it('answers after any changes in place as one made from what is then there', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 25, size: 'max' }),
        fc.array(request, { minLength: 15, maxLength: 15 }),
        (changes, requests) => {
          const router = createRouter({ router: name, routes: [] })
          const routes = new Map<string, RouterItem>()
          const services = new Map<string, RouterItem>()
          const put = (route: RouterItem): void => {
            routes.set(route.id, route)
            router.put(route)
          }
          const remove = (routeId: string): void => {
            routes.delete(routeId)
            router.delete(routeId)
          }
          for (const each of changes) {
            if (each.kind === 'put') {
              put({ ...each.fields, id: each.id })
            } else if (each.kind === 'delete') {
              remove(each.id)
            } else if (each.kind === 'putService') {
              const service = each.hosts === null ? { id: each.id } : { id: each.id, hosts: each.hosts }
              services.set(each.id, service)
              router.putService(service)
            } else if (each.kind === 'deleteService') {
              services.delete(each.id)
              router.deleteService(each.id)
            } else {
              for (const route of many[each.service === 's' ? 's' : 't']) {
                if (each.kind === 'putMany') put(route)
                else remove(route.id)
              }
            }
          }
          const fresh = createRouter({ router: name, routes: [...routes.values()], services: [...services.values()] })
          const model = { router: name, routes: [...routes.values()], services }
          for (const asked of requests) {
            const expected = naiveMatch(model, asked)
            expect(answer(router, asked)).toEqual(expected)
            expect(answer(fresh, asked)).toEqual(expected)
          }
          expect(router.quarantined).toEqual(fresh.quarantined)
        },
      ),
      { numRuns: 200 },
    )
  })
})
