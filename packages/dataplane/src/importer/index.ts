// The public surface: what is listed here is what the package promises.
export type { ConfigChange, ConfigSink, ConfigVersion } from './config-sink.ts'
export { createDataPlane } from './create-data-plane.ts'
export type { DataPlane, DataPlaneOptions, DataPlaneSources } from './data-plane.ts'
export type { DataPlaneStatus, SourceReport } from './data-plane-status.ts'
export type { DataPlaneMode } from './mode.ts'
