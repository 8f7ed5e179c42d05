// The public surface: what is listed here is what the package promises.
export type { ConfigChange, ConfigSink, ConfigVersion } from './config-sink.ts'
export { createDataPlane } from './create-data-plane.ts'
export type { DataPlane, DataPlaneOptions, DataPlaneSources, PoisonOptions } from './data-plane.ts'
export type { ControlResult, DataPlaneControl } from './data-plane-control.ts'
export type { DataPlaneStatus, SourceReport } from './data-plane-status.ts'
export type { DataPlaneMode } from './mode.ts'
export type { Order, Orders } from './orders.ts'
export { noteFile, type NodeNote } from './node-note.ts'
