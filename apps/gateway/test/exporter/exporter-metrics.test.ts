import { createExporter } from '@outlast/exporter'
import { memorySource, snapshotStore } from '@outlast/snapshot'
import { memoryStorage } from '@outlast/storage'
import { describe, expect, it } from 'vitest'
import { exporterMetrics } from '../../src/exporter/exporter-metrics.ts'
import { prometheusText } from '../../src/metrics/prometheus-text.ts'

const route = { kind: 'routes', id: '1', value: { uri: '/' } }

describe('metrics of exporters', () => {
  it('tell of a hold, and what it is about, as long as there is one', async () => {
    const source = memorySource({ resources: [route] })
    const store = snapshotStore({ group: 'default', resources: memoryStorage(), instance: memoryStorage() })
    const exporter = createExporter({ store, source, schedule: '@yearly' })
    const metrics = (): string => prometheusText(exporterMetrics({ default: exporter.status() }, Date.now()))
    const resources = 'gateway_group="default",domain="resources"'

    await exporter.exportOnce()
    expect(metrics()).toContain(`outlast_exporter_held{${resources}} 0\n`)
    expect(metrics()).not.toContain('outlast_exporter_hold_info')
    source.delete('resources', route)
    await exporter.exportOnce()
    expect(metrics()).toContain(`outlast_exporter_held{${resources}} 1\n`)
    expect(metrics()).toContain(`outlast_exporter_hold_info{${resources},cause="empty"} 1\n`)
    // The instance domain is only held because this one is.
    expect(metrics().match(/^outlast_exporter_hold_info/gm)).toHaveLength(1)
    source.put('resources', route)
    await exporter.exportOnce()
    expect(metrics()).not.toContain('outlast_exporter_hold_info')
  })
})
