import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createRouter, type RouterItem, type RouterName, type RouterRequest } from '../../src/proxy/index.ts'

interface RouteCase {
  readonly name: string
  readonly router: RouterName
  readonly routes: readonly RouterItem[]
  readonly services?: readonly RouterItem[]
  readonly needs_lua?: boolean
  readonly requests: readonly (RouterRequest & {
    readonly remote_addr?: string
    readonly expect: string | 404
    readonly expect_params?: { readonly [name: string]: string }
  })[]
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fixture's own shape
const cases = JSON.parse(
  readFileSync(new URL('../fixtures/route-cases.json', import.meta.url), 'utf8'),
) as readonly RouteCase[]

const runnable = cases.filter((routeCase) => routeCase.needs_lua !== true)

describe('route matching equals the original router of APISIX', () => {
  it('covers every case but those with Lua in them', () => {
    expect(cases.length).toBe(190)
    expect(runnable.length).toBe(187)
  })

  for (const routeCase of runnable) {
    it(`answers as the original does: ${routeCase.name}`, () => {
      const router = createRouter(routeCase)
      for (const {
        expect: expected,
        expect_params: params,
        remote_addr: remoteAddr,
        ...request
      } of routeCase.requests) {
        const found = router.match({ ...request, remoteAddr: remoteAddr ?? '127.0.0.1' })
        expect(found?.route.id ?? 404, `${request.method} ${request.host} ${request.path}`).toBe(expected)
        expect(found?.params ?? {}).toEqual(params ?? found?.params ?? {})
      }
    })

    it(`${routeCase.name}, put one by one in place of other routes`, () => {
      // Same ids with conditions that must not survive, then the case itself.
      const disguised = routeCase.routes.map((route) => ({ id: route.id, uri: '/*', hosts: ['*'], priority: 99 }))
      const services = routeCase.services ?? []
      const router = createRouter({ router: routeCase.router, routes: disguised })
      for (const route of routeCase.routes) router.put(route)
      for (const service of services) router.putService(service)
      for (const { expect: expected, expect_params: _, remote_addr: remoteAddr, ...request } of routeCase.requests) {
        const found = router.match({ ...request, remoteAddr: remoteAddr ?? '127.0.0.1' })
        expect(found?.route.id ?? 404, `${request.method} ${request.host} ${request.path}`).toBe(expected)
      }
      for (const route of routeCase.routes) router.delete(route.id)
      for (const { method, host, path } of routeCase.requests) {
        expect(router.match({ method, host, path })).toBeUndefined()
      }
    })
  }
})

describe('a route with a Lua filter_func', () => {
  for (const routeCase of cases.filter(({ needs_lua: lua }) => lua === true)) {
    it(`never takes a request: ${routeCase.name}`, () => {
      const router = createRouter(routeCase)
      for (const { method, host, path } of routeCase.requests) {
        expect(router.match({ method, host, path })).toBeUndefined()
      }
    })
  }
})
