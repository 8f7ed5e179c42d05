import { describe, expect, it } from 'vitest'

import { prefixSpan, type ConfigStore } from '../../src/control-plane/store/config-store.ts'
import { adminClient } from './admin-client.ts'
import { scratchStore } from './scratch-store.ts'

const upstream = { nodes: { '127.0.0.1:1980': 1 } }

/** A store before whose first transaction something happens: what another control plane does in that moment. */
function interrupted(store: ConfigStore, meanwhile: () => Promise<unknown>): ConfigStore {
  let isFirst = true
  return {
    ...store,
    async transaction(options) {
      const interrupts = isFirst
      isFirst = false
      if (interrupts) {
        await meanwhile()
      }
      return store.transaction(options)
    },
  }
}

describe('Control planes on one store', () => {
  it('do not delete what another has changed under their check: it is checked again', async () => {
    const store = await scratchStore()
    const other = await adminClient({ store })
    await other.call('PUT', 'upstreams/up', upstream)
    const { call } = await adminClient({
      store: interrupted(store, async () => {
        await other.call('PUT', 'upstreams/up', { ...upstream, desc: 'changed' })
        await other.call('PUT', 'routes/r', { uri: '/', upstream_id: 'up' })
      }),
    })
    const answer = await call('DELETE', 'upstreams/up')
    expect([answer.status, answer.body]).toEqual([
      400,
      { error_msg: 'can not delete this upstream, route [r] is still using it now' },
    ])
  })

  it('delete what another has merely changed, as APISIX would', async () => {
    const store = await scratchStore()
    const other = await adminClient({ store })
    await other.call('PUT', 'routes/r', { uri: '/', upstream })
    const { call } = await adminClient({
      store: interrupted(store, async () => other.call('PATCH', 'routes/r', { desc: 'changed' })),
    })
    expect((await call('DELETE', 'routes/r')).status).toBe(200)
    expect((await other.call('GET', 'routes/r')).status).toBe(404)
  })

  it('say so when another has already deleted it', async () => {
    const store = await scratchStore()
    const other = await adminClient({ store })
    await other.call('PUT', 'routes/r', { uri: '/', upstream })
    const { call } = await adminClient({
      store: interrupted(store, async () => other.call('DELETE', 'routes/r')),
    })
    expect(await call('DELETE', 'routes/r')).toMatchObject({ status: 404, body: { message: 'Key not found' } })
  })

  it('leave nothing behind of a consumer that another has given a credential while it was deleted', async () => {
    const store = await scratchStore()
    const other = await adminClient({ store })
    await other.call('PUT', 'consumers', { username: 'jack' })
    await other.call('PUT', 'consumers/jack/credentials/1', {})
    const { call } = await adminClient({
      store: interrupted(store, async () => other.call('PUT', 'consumers/jack/credentials/2', {})),
    })
    expect((await call('DELETE', 'consumers/jack')).status).toBe(200)
    expect((await store.range({ keys: prefixSpan('/gateway_groups/') })).items).toEqual([])
  })

  it('patch what another has changed meanwhile as it is by then', async () => {
    const store = await scratchStore()
    const other = await adminClient({ store })
    await other.call('PUT', 'routes/r', { uri: '/', upstream })
    const { call } = await adminClient({
      store: interrupted(store, async () => other.call('PATCH', 'routes/r', { desc: 'theirs' })),
    })
    expect((await call('PATCH', 'routes/r', { name: 'ours' })).status).toBe(200)
    expect((await other.call('GET', 'routes/r')).body).toMatchObject({ value: { desc: 'theirs', name: 'ours' } })
  })

  it('change a gateway group, or delete it, after another has changed it', async () => {
    const store = await scratchStore()
    const other = await adminClient({ store })
    await other.call('PUT', 'gateway_groups/edge', {})
    const meanwhile = async (): Promise<unknown> => other.call('PUT', 'gateway_groups/edge', { name: 'theirs' })
    const changing = await adminClient({ store: interrupted(store, meanwhile) })
    expect((await changing.call('PUT', 'gateway_groups/edge', { name: 'ours' })).status).toBe(200)
    expect((await other.call('GET', 'gateway_groups/edge')).body).toMatchObject({ value: { name: 'ours' } })
    const deleting = await adminClient({ store: interrupted(store, meanwhile) })
    expect((await deleting.call('DELETE', 'gateway_groups/edge')).status).toBe(200)
    expect((await other.call('GET', 'gateway_groups/edge')).status).toBe(404)
  })

  it('answer 503 when others are faster again and again', async () => {
    const store = await scratchStore()
    const other = await adminClient({ store })
    await other.call('PUT', 'routes/r', { uri: '/', upstream })
    let changes = 0
    const busy: ConfigStore = {
      ...store,
      async transaction(options) {
        changes += 1
        await other.call('PATCH', 'routes/r', { desc: String(changes) })
        return store.transaction(options)
      },
    }
    const { call } = await adminClient({ store: busy })
    expect(await call('DELETE', 'routes/r')).toMatchObject({
      status: 503,
      body: { error_msg: 'value changed before overwritten' },
    })
    expect((await other.call('GET', 'routes/r')).body).toMatchObject({ value: { desc: '5' } })
  })
})
