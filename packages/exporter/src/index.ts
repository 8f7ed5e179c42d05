// The public surface: what is listed here is what the package promises.
export {
  createExporter,
  type DomainOutcome,
  type ExportOutcome,
  type Exporter,
  type ExporterOptions,
  type ExporterStatus,
} from './exporter.ts'
export { parseSchedule, ScheduleError, type Schedule } from './schedule.ts'
