// The public surface: what is listed here is what the package promises.
export { createExporter, type Exporter, type ExporterOptions } from './exporter.ts'
export type { DomainOutcome, ExportOutcome } from './export-outcome.ts'
export type { ExporterStatus } from './export-status.ts'
export { ExporterError, type ExporterErrorCode } from './exporter-error.ts'
export { parseSchedule, ScheduleError, type Schedule } from './schedule.ts'
