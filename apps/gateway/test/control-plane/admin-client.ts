import { silentLogger, type Clock } from '@outlast/snapshot'
import { onTestFinished } from 'vitest'

import { createAdminApi, type AdminApiOptions } from '../../src/control-plane/admin-api/create-admin-api.ts'
import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { scratchStore } from './scratch-store.ts'

export const keys: AdminApiOptions['keys'] = [
  { name: 'operator', key: 'admin-key', role: 'admin' },
  { name: 'dashboard', key: 'viewer-key', role: 'viewer' },
]

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

export interface AdminClient {
  readonly endpoint: string
  /** A path below the Admin API; a body that is a text is sent as it is. */
  readonly call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  readonly setTime: (seconds: number) => void
  readonly store: ConfigStore
}

/** An Admin API of the running test, on a store of its own unless one is given, at 1000 seconds after the epoch. */
export async function adminClient(
  options: Partial<Pick<AdminApiOptions, 'store' | 'logger' | 'configuredGroups' | 'groupBackups'>> = {},
): Promise<AdminClient> {
  const { store = await scratchStore(), logger = silentLogger, ...rest } = options
  let seconds = 1000
  const clock: Clock = { now: () => seconds * 1000 + 999, sleep: () => Promise.resolve() }
  const app = createAdminApi({ ...rest, store, keys, clock, logger })
  onTestFinished(() => app.close())
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    store,
    endpoint,
    setTime: (to) => {
      seconds = to
    },
    async call(method, path, body, headers = { 'x-api-key': 'admin-key' }) {
      const response = await fetch(`${endpoint}/apisix/admin/${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
      const answer: unknown = isJson ? JSON.parse(text) : text === '' ? undefined : text
      return { status: response.status, headers: response.headers, body: answer }
    },
  }
}
