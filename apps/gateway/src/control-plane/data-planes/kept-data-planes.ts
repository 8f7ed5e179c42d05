import { noteFile } from '@outlast/dataplane'
import type { Clock, Logger } from '@outlast/snapshot'
import { z } from 'zod'

import { errorText } from '../../error-text.ts'
import { gatewayGroup } from '../../gateway-group.ts'
import { heartbeatSchema } from '../../heartbeat.ts'
import type { DataPlaneRegistry } from './data-plane-registry.ts'

const fileSchema = z.object({
  dataPlanes: z.array(
    heartbeatSchema.extend({ group: gatewayGroup, address: z.string(), lastHeartbeat: z.int().nonnegative() }),
  ),
})

const writeEveryMs = 60_000

/**
 * Keeps what a registry knows in a file, for the next start: read now, written at most once a minute until the signal, and
 * once more then. Never rejects: a file that cannot be read or written is a warning, and everything else works.
 */
export async function keepDataPlanes(options: {
  readonly registry: DataPlaneRegistry
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}): Promise<void> {
  const { registry, path, clock, logger, signal } = options
  const note = noteFile(path)
  let written = registry.changes()
  try {
    const text = await note.read()
    if (text !== undefined) registry.restore(fileSchema.parse(JSON.parse(text)).dataPlanes)
  } catch {
    // What the parser says would quote the file.
    logger.warn({ path }, 'the list of data planes could not be read; they are listed again as they report')
  }

  const write = async (): Promise<void> => {
    const changes = registry.changes()
    if (changes === written) return
    try {
      await note.write(JSON.stringify({ dataPlanes: registry.records() }))
      written = changes
    } catch (error) {
      logger.warn({ reason: errorText(error) }, 'the list of data planes could not be written')
    }
  }
  do {
    await clock.sleep(writeEveryMs, { signal }).catch(() => {})
    await write()
  } while (!signal.aborted)
}
