import { gauge, type Metric } from '../../metrics/prometheus-text.ts'
import type { DataPlaneInstance } from './data-plane-registry.ts'
import { dataPlaneStates } from './data-plane-state.ts'

/** How many data planes of each gateway group are in each state. */
export function dataPlanesMetric(instances: readonly DataPlaneInstance[]): Metric {
  const samples = [...Map.groupBy(instances, ({ group }) => group)].flatMap(([group, ofGroup]) =>
    dataPlaneStates.map((state) => ({
      labels: { gateway_group: group, state },
      value: ofGroup.filter((instance) => instance.state === state).length,
    })),
  )
  return gauge('outlast_data_planes', 'Data planes that report to this control plane.', samples)
}
