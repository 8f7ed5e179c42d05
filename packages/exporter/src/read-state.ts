import type { Clock, ConfigSource, SourceState } from '@outlast/snapshot'
import { exportState, type ExportState } from './export-state.ts'
import { ExporterError } from './exporter-error.ts'
import { domains, type Bases } from './judge-lineage.ts'
import type { SourceFollower } from './source-follower.ts'

/**
 * The source's state, at least as new as the bases where that can be had: a followed state that stands behind (another exporter was
 * quicker), or belongs to another lineage, is not used; the source is asked.
 */
export async function readState(options: {
  readonly source: ConfigSource
  readonly follower: SourceFollower | undefined
  readonly bases: Bases
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}): Promise<ExportState> {
  const { follower, bases, signal } = options
  const followed = follower?.current()
  if (followed !== undefined && isAtLeastAsNew(followed, bases)) return followed
  const loaded = await loadInTime(options)
  signal?.throwIfAborted()
  const state = exportState(loaded)
  follower?.adopt(state)
  return state
}

function isAtLeastAsNew(state: ExportState, bases: Bases): boolean {
  return domains.every((domain) => {
    const base = bases[domain]
    return base === undefined || (base.source.identity === state.identity && state.revision >= base.position.revision)
  })
}

/** A source that never answers must not silence the exporter for ever, whatever it does with its signal. */
async function loadInTime(options: {
  readonly source: ConfigSource
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}): Promise<SourceState> {
  const { source, clock, timeoutMs, signal } = options
  signal?.throwIfAborted()
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(signal?.reason)
  }
  signal?.addEventListener('abort', abort, { once: true })
  const { promise: ended, reject } = Promise.withResolvers<never>()
  controller.signal.addEventListener('abort', () => {
    reject(controller.signal.reason)
  })
  const timer = new AbortController()
  void clock.sleep(timeoutMs, { signal: timer.signal }).then(
    () => {
      controller.abort(new ExporterError('too-late', `${source.name} did not answer within ${String(timeoutMs)} ms`))
    },
    () => undefined,
  )
  try {
    return await Promise.race([source.load({ signal: controller.signal }), ended])
  } finally {
    timer.abort()
    signal?.removeEventListener('abort', abort)
  }
}
