import type { Entry, EntryRef, JsonValue } from '@outlast/snapshot'
import { onTestFinished } from 'vitest'
import { isJsonObject } from '../../src/proxy/json-object.ts'
import { createProxy, type Proxy, type ProxyOptions } from '../../src/proxy/index.ts'

export interface RunningProxy {
  readonly proxy: Proxy
  readonly port: number
  readonly url: string
  readonly apply: (upserted: readonly Entry[], removed?: readonly EntryRef[]) => Promise<void>
}

/** A proxy on a free port of 127.0.0.1 that ends with the test. */
export async function runProxy(entries: readonly Entry[], options: ProxyOptions = {}): Promise<RunningProxy> {
  const proxy = createProxy(options)
  const apply = (upserted: readonly Entry[], removed: readonly EntryRef[] = []) =>
    proxy.apply({ upserted, removed, version: { position: { epoch: 1, revision: 1 }, digest: '' } })
  await apply(entries)
  const { port } = await proxy.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => proxy.close({ graceMs: 0 }))
  return { proxy, port, url: `http://127.0.0.1:${port}`, apply }
}

/** A route for every path. */
export function routeTo(
  endpoints: string | readonly string[],
  fields: { readonly [name: string]: JsonValue } = {},
): Entry {
  const { upstream, ...rest } = fields
  const nodes = Object.fromEntries([endpoints].flat().map((endpoint) => [new URL(endpoint).host, 1]))
  return {
    kind: 'routes',
    id: '1',
    value: { uri: '/*', upstream: { nodes, ...(isJsonObject(upstream) ? upstream : {}) }, ...rest },
  }
}

/** An endpoint where nothing listens. */
export const nobody = 'http://127.0.0.1:1'
