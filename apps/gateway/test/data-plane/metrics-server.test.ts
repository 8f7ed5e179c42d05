import type { DataPlaneStatus } from '@outlast/dataplane'
import { describe, expect, it } from 'vitest'
import { dataPlaneMetrics } from '../../src/data-plane/data-plane-metrics.ts'
import { metricsServer } from '../../src/data-plane/metrics-server.ts'

const order = { actor: 'ada', reason: 'INC-7', at: 1 }
const now = Date.now()
const holding: DataPlaneStatus = {
  mode: 'holding',
  ready: true,
  source: 'cp',
  position: { epoch: 1_000, revision: 42 },
  appliedAt: 5_000,
  matchedAt: now - 60_000,
  held: 'frozen',
  orders: { frozen: order },
  ordersError: { at: now, message: 'no space left on device' },
  pace: { returnJitterMs: 5_000, applyDelayMs: 0, stableAfterMs: 600_000 },
  floors: [{ store: 'bucket', position: { epoch: 1_000, revision: 40 }, raisedAt: 4_000 }],
  poisoned: [],
  quarantined: [{ domain: 'resources', kind: 'routes', id: 'a', reason: 'no' }],
  sources: {
    live: { name: 'cp', lastSuccessAt: 9_000, lastError: { at: 8_000, message: 'gone' } },
    stores: [{ name: 'bucket "a"' }],
  },
}

const scrape = async (status: DataPlaneStatus, url = '/metrics'): Promise<string[]> => {
  const read = () => dataPlaneMetrics(status, { hostname: 'node-1', now: Date.now() })
  const { body } = await metricsServer(read, '/apisix/prometheus/metrics').inject({ url })
  return body.split('\n').filter((line) => !line.startsWith('#'))
}

describe("a data plane's metrics", () => {
  it.each(['/metrics', '/apisix/prometheus/metrics'])('tell at %s what its status tells', async (url) => {
    const lines = await scrape(holding, url)
    expect(lines).toEqual(
      expect.arrayContaining([
        'apisix_node_info{hostname="node-1"} 1',
        'apisix_etcd_reachable 1',
        'outlast_dataplane_mode{mode="live"} 0',
        'outlast_dataplane_mode{mode="holding"} 1',
        'outlast_dataplane_ready 1',
        'outlast_dataplane_held 1',
        'outlast_dataplane_epoch 1000',
        'outlast_dataplane_revision 42',
        'outlast_dataplane_applied_timestamp_seconds 5',
        'outlast_dataplane_delayed 0',
        'outlast_dataplane_apply_failed 0',
        'outlast_dataplane_quarantined 1',
        'outlast_dataplane_poisoned 0',
        'outlast_dataplane_disk_failing{what="copies"} 0',
        'outlast_dataplane_disk_failing{what="orders"} 1',
        'outlast_dataplane_floor_epoch{store="bucket"} 1000',
        'outlast_dataplane_floor_revision{store="bucket"} 40',
        'outlast_dataplane_ordered{order="frozen"} 1',
        'outlast_dataplane_ordered{order="pinned"} 0',
        'outlast_dataplane_source_last_success_timestamp_seconds{source="cp"} 9',
        'outlast_dataplane_source_last_error_timestamp_seconds{source="cp"} 8',
      ]),
    )
    const age = Number(lines.find((line) => line.startsWith('outlast_dataplane_age_seconds'))?.split(' ')[1])
    expect(age).toBeGreaterThanOrEqual(60)
    expect(age).toBeLessThan(120)
  })

  it("tell etcd's revision under APISIX's name while that is what is followed", async () => {
    const line = 'apisix_etcd_modify_indexes{key="x_etcd_index"} 42'
    expect(await scrape({ ...holding, mode: 'live' })).toContain(line)
    expect(await scrape({ ...holding, mode: 'standalone' })).not.toContain(line)
  })

  it('leave out what is not known, and say when the control plane does not answer', async () => {
    const lost = { name: 'cp', lastSuccessAt: 8_000, lastError: { at: 9_000, message: 'gone' } }
    const lines = await scrape({ ...holding, position: undefined, floors: [], sources: { live: lost, stores: [] } })
    expect(lines).toContain('apisix_etcd_reachable 0')
    expect(lines.filter((line) => line.includes('revision') || line.includes('etcd_modify'))).toEqual([])
    const alone = await scrape({ ...holding, sources: { stores: [] } })
    expect(alone.filter((line) => line.includes('reachable'))).toEqual([])
  })
})
