import { parseSchedule } from '@outlast/exporter'
import { errorText } from '../error-text.ts'
import type { ConfigFile } from './config-file.ts'
import type { FallbackCp } from './fallback-cp.ts'

/** As `createExporter` takes it. */
export type ExportSchedule = string | { readonly everyMs: number }

/** `cron_spec` or `interval` (seconds) of the block that stands at `field`; without either, every minute. Throws `UserError`. */
export function exportSchedule(file: ConfigFile, field: readonly string[], block: FallbackCp): ExportSchedule {
  if (block.cron_spec !== undefined && block.interval !== undefined) {
    throw file.fault([...field, 'interval'], 'cron_spec is set as well; keep one of the two')
  }
  if (block.interval !== undefined) return { everyMs: block.interval * 1000 }
  const spec = block.cron_spec ?? '@every 1m'
  try {
    parseSchedule(spec)
  } catch (error) {
    throw file.fault([...field, 'cron_spec'], errorText(error))
  }
  return spec
}
