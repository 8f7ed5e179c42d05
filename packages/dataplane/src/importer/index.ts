// The public surface: what is listed here is what the package promises.
export type { ConfigChange, ConfigSink, ConfigVersion } from './config-sink.ts'
export {
  createDataPlane,
  type DataPlane,
  type DataPlaneMode,
  type DataPlaneOptions,
  type DataPlaneSources,
  type DataPlaneStatus,
  type SourceReport,
} from './data-plane.ts'
