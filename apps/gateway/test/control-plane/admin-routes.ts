import { fieldKeyring, silentLogger } from '@outlast/snapshot'
import { onTestFinished } from 'vitest'

import { createAdminApi } from '../../src/control-plane/admin-api/create-admin-api.ts'
import { keys } from './admin-client.ts'
import { scratchStore } from './scratch-store.ts'

export interface ServedRoute {
  readonly method: string
  /** As OpenAPI writes it: `/apisix/admin/routes/{id}`. */
  readonly path: string
}

/** What the server itself says that it answers to, whatever any document says. */
export async function servedRoutes(): Promise<readonly ServedRoute[]> {
  const app = createAdminApi({ store: await scratchStore(), keys, logger: silentLogger })
  onTestFinished(() => app.close())
  const found: ServedRoute[] = []
  app.addHook('onRoute', ({ method, url }) => {
    const path = url.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{sub_path}')
    found.push(...[method].flat().map((name) => ({ method: name, path })))
  })
  await app.ready()
  return found
}

/** The keys of a keyring, and the id of that which can be deleted. */
export const exampleKeys = ['the-first-key-16', 'the-second-key16'] as const
const [, secondKeyId = ''] = fieldKeyring(exampleKeys).keyIds

const examples: Readonly<Record<string, string>> = {
  id: '1',
  username: 'jack',
  service_id: 'owner',
  manager: 'vault',
  plugin_name: 'http-logger',
  gateway_group_id: 'edge',
  key_id: secondKeyId,
  discovery_type: 'consul',
  resource: 'routes',
  sub_path: 'update_time',
}

/** A path with something for each of its parameters: that of a sample, where there is one. */
export function examplePath(path: string): string {
  return path.replace('{username}/', 'owner/').replaceAll(/\{(\w+)\}/g, (_, name: string) => examples[name] ?? name)
}
