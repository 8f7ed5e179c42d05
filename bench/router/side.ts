import { createRouter, type RouterName } from '@outlast/dataplane/proxy'
import type { BenchRoute } from './route-set.ts'

/** A router under measurement. */
export interface Side {
  readonly name: string
  /** What it answers with is the id of a route. */
  build(routes: readonly BenchRoute[]): {
    find(host: string, path: string): string | undefined
    /** In place. Left out where it takes a router longer than anybody waits. */
    replace?: ((route: BenchRoute) => void) | undefined
  }
}

export function ourSide(router: RouterName): Side {
  return {
    name: 'outlast',
    build(routes) {
      const built = createRouter({ router, routes })
      return {
        find: (host, path) => built.match({ method: 'GET', host, path })?.id,
        replace: (route) => {
          built.put(route)
        },
      }
    },
  }
}

interface FindMyWay {
  on(method: string, path: string, handler: () => void, store: string): void
  off(method: string, path: string): void
  find(method: string, path: string): { readonly store: string } | null
}

interface Memoirist {
  add(method: string, path: string, store: string): void
  find(method: string, path: string): { readonly store: string } | null
}

/** They know no hosts here, and one route for each path; both take parameters. */
export async function peerSides(): Promise<readonly Side[]> {
  // Not known to the compiler, because they are not installed with the project.
  const findMyWay: string = 'find-my-way'
  const memoirist: string = 'memoirist'
  const { default: createFindMyWay }: { default: (options: { maxParamLength: number }) => FindMyWay } = await import(
    findMyWay
  )
  const { Memoirist: MemoiristRouter }: { Memoirist: new () => Memoirist } = await import(memoirist)
  return [
    {
      name: 'find-my-way',
      build(routes) {
        const built = createFindMyWay({ maxParamLength: 500 })
        const add = ({ id, uri }: BenchRoute): void => {
          built.on('GET', uri, () => undefined, id)
        }
        for (const route of routes) add(route)
        return {
          find: (_host, path) => built.find('GET', path)?.store,
          replace(route) {
            built.off('GET', route.uri)
            add(route)
          },
        }
      },
    },
    {
      name: 'memoirist',
      build(routes) {
        const built = new MemoiristRouter()
        for (const { id, uri } of routes) built.add('GET', uri, id)
        return { find: (_host, path) => built.find('GET', path)?.store }
      },
    },
  ]
}
