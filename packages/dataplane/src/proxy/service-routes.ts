import type { CompiledRoute } from './compiled-route.ts'
import type { HostIndex, MountedRoutes } from './host-index.ts'

/** More routes than these are not taken from host to host between two requests: they are mounted all together. */
const mostMoved = 1000

/**
 * A service as a router sees it: the hosts for those of its routes that have none. A change of them takes as long with a
 * hundred thousand routes as with a thousand at most.
 */
export class ServiceRoutes {
  readonly id: string
  /** `undefined` where hosts are a condition of each route, which then asks for them at every request. */
  readonly #index: HostIndex | undefined
  #hosts: readonly string[] | undefined
  #routeCount = 0
  /** Those without hosts of their own, while they are few. */
  readonly #few = new Set<CompiledRoute>()
  /** Instead, once they have been many. */
  #mounted: MountedRoutes | undefined

  constructor(id: string, index: HostIndex | undefined) {
    this.id = id
    this.#index = index
  }

  /** How many routes name it, with hosts of their own or without. */
  get routeCount(): number {
    return this.#routeCount
  }

  /** `undefined`: any host. */
  get hosts(): readonly string[] | undefined {
    return this.#hosts
  }

  set hosts(hosts: readonly string[] | undefined) {
    this.#mounted?.setHosts(hosts)
    for (const route of this.#few) {
      this.#index?.remove(route.candidates, this.#hosts)
      this.#index?.add(route.candidates, hosts)
    }
    this.#hosts = hosts
  }

  /** Whether it has put the route into the index, under its own hosts. */
  add(route: CompiledRoute): boolean {
    this.#routeCount += 1
    if (this.#index === undefined || route.hosts !== undefined) return false
    if (this.#mounted === undefined && this.#few.size === mostMoved) this.#mounted = this.#mountAll(this.#index)
    if (this.#mounted === undefined) this.#few.add(route)
    if (this.#mounted === undefined) this.#index.add(route.candidates, this.#hosts)
    else this.#mounted.add(route.candidates)
    return true
  }

  /** Whether it has taken the route out of the index. */
  remove(route: CompiledRoute): boolean {
    this.#routeCount -= 1
    if (this.#index === undefined || route.hosts !== undefined) return false
    this.#few.delete(route)
    if (this.#mounted === undefined) this.#index.remove(route.candidates, this.#hosts)
    else this.#mounted.remove(route.candidates)
    if (this.#mounted?.isEmpty === true) {
      this.#mounted.unmount()
      this.#mounted = undefined
    }
    return true
  }

  #mountAll(index: HostIndex): MountedRoutes {
    const mounted = index.mount(this.#hosts)
    for (const route of this.#few) {
      index.remove(route.candidates, this.#hosts)
      mounted.add(route.candidates)
    }
    this.#few.clear()
    return mounted
  }
}
