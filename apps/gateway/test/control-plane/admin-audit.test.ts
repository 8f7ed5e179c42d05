import type { Logger } from '@outlast/snapshot'
import { describe, expect, it } from 'vitest'

import type { ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { StoreError } from '../../src/control-plane/store/store-error.ts'
import { adminClient } from './admin-client.ts'
import { scratchStore } from './scratch-store.ts'

const route = { uri: '/hidden-content', upstream: { nodes: {} } }

function recorder(): { readonly logger: Logger; readonly lines: object[] } {
  const lines: object[] = []
  const note = (fields: object): void => {
    if ('audit' in fields) lines.push(fields)
  }
  return { logger: { debug: note, info: note, warn: note, error: note }, lines }
}

describe('Admin API: the audit log', () => {
  it('has one line for each change: who, what, from where, and which request', async () => {
    const { logger, lines } = recorder()
    const { call } = await adminClient({ logger })
    const requests = [
      await call('PUT', 'routes/1', route),
      await call('PUT', 'routes/1', route),
      await call('PATCH', 'routes/1', { desc: 'hidden-content' }),
      await call('DELETE', 'routes/1?force=true'),
      await call('PUT', 'consumers', { username: 'jack' }),
      await call('PUT', 'consumers/jack/credentials/key-1', { plugins: { 'key-auth': { key: 'hidden-content' } } }),
      await call('PUT', 'gateway_groups/edge', {}),
      await call('PUT', 'routes/1?gateway_group_id=edge', route),
    ]
    const from = requests.map(({ headers }) => ({
      audit: true,
      actor: 'operator',
      remoteAddress: '127.0.0.1',
      requestId: headers.get('x-request-id'),
    }))
    const what = [
      { action: 'create', kind: 'routes', id: '1', group: 'default', revision: 2 },
      { action: 'replace', kind: 'routes', id: '1', group: 'default', revision: 3 },
      { action: 'patch', kind: 'routes', id: '1', group: 'default', revision: 4 },
      { action: 'delete', kind: 'routes', id: '1', group: 'default', revision: 5, forced: true },
      { action: 'create', kind: 'consumers', id: 'jack', group: 'default', revision: 6 },
      { action: 'create', kind: 'credentials', id: 'jack/credentials/key-1', group: 'default', revision: 7 },
      { action: 'create', kind: 'gateway_groups', id: 'edge', revision: 8 },
      { action: 'create', kind: 'routes', id: '1', group: 'edge', revision: 9 },
    ]
    expect(lines).toEqual(what.map((change, index) => ({ ...from[index], ...change })))
    expect(new Set(from.map(({ requestId }) => requestId)).size).toBe(requests.length)
    expect(JSON.stringify(lines)).not.toMatch(/hidden-content|admin-key|token/)
  })

  it('has none for what changed nothing', async () => {
    const { logger, lines } = recorder()
    const { call } = await adminClient({ logger })
    await call('GET', 'routes')
    await call('PUT', 'routes/1', {})
    await call('DELETE', 'routes/1')
    await call('PUT', 'routes/1', route, { 'x-api-key': 'viewer-key' })
    await call('POST', 'configs/validate', { routes: [] })
    await call('PUT', 'plugins/reload')
    expect(lines).toEqual([])
  })
  it('has one for a write that may have taken effect, because the store did not say', async () => {
    const { logger, lines } = recorder()
    const scratch = await scratchStore()
    const failing: { code: StoreError['code'] | undefined } = { code: undefined }
    const store: ConfigStore = {
      ...scratch,
      async transaction(options) {
        if (failing.code !== undefined) throw new StoreError(failing.code, 'hidden-content')
        return scratch.transaction(options)
      },
    }
    const { call } = await adminClient({ logger, store })
    await call('PUT', 'gateway_groups/edge', {})
    lines.length = 0
    failing.code = 'no-space'
    expect((await call('PUT', 'routes/1?gateway_group_id=edge', route)).status).toBe(503)
    expect(lines).toEqual([])

    failing.code = 'unavailable'
    const { status, headers } = await call('PUT', 'routes/1?gateway_group_id=edge', route)
    expect(status).toBe(503)
    expect(lines).toEqual([
      {
        audit: true,
        actor: 'operator',
        outcome: 'unknown',
        operation: 'putRoute',
        keys: ['/gateway_groups/edge/routes/1'],
        remoteAddress: '127.0.0.1',
        requestId: headers.get('x-request-id'),
      },
    ])
  })

  it('has none for a store that failed before anything was written', async () => {
    const { logger, lines } = recorder()
    const range: ConfigStore['range'] = async () => Promise.reject(new StoreError('unavailable', 'it is gone'))
    const { call } = await adminClient({ logger, store: { ...(await scratchStore()), range } })
    expect((await call('PUT', 'routes/1', route)).status).toBe(503)
    expect(lines).toEqual([])
  })
})
