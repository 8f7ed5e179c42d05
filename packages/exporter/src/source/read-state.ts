import type { Clock, ConfigSource, Domain, ProtectionOf, Publication, SourceState } from '@outlast/snapshot'
import type { Continuity } from './continuity.ts'
import { exportState, type ExportState } from './export-state.ts'
import { ExporterError } from '../exporter-error.ts'
import { findContradictions, type Contradictions } from '../guards/find-contradictions.ts'
import type { SourceFollower } from './source-follower.ts'

/** A state, and what in it contradicts the bases that it would follow. */
export interface Reading {
  readonly state: ExportState
  readonly contradictions: Contradictions
}

interface ReadOptions {
  readonly source: ConfigSource
  readonly follower: SourceFollower | undefined
  readonly continuity: Continuity
  readonly publications: Readonly<Record<Domain, Publication>>
  readonly protectionOf: ProtectionOf
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * The source's state, at least as new as the bases where that can be had. A followed state that stands behind (another
 * exporter was quicker), or is not known to be of the bases' lineage, is not used; the source is asked.
 */
export async function readState(options: ReadOptions): Promise<Reading> {
  const { follower, publications, signal } = options
  const followed = follower?.current()
  if (followed !== undefined && (await isOfUse(followed, options))) return { state: followed, contradictions: {} }
  const loaded = await loadInTime(options)
  signal?.throwIfAborted()
  const state = exportState(loaded, options.protectionOf)
  follower?.adopt(state)
  return { state, contradictions: await findContradictions(publications, state, signal) }
}

async function isOfUse(
  followed: ExportState,
  { publications, continuity, signal }: Pick<ReadOptions, 'publications' | 'continuity' | 'signal'>,
): Promise<boolean> {
  const { instance, resources } = publications
  const standing = continuity.standing(followed, { instance: instance.base, resources: resources.base })
  if (standing !== 'likely') return standing === 'proven'
  const canContinue = ({ base, knownRevision }: Publication): boolean =>
    base === undefined || (base.source.identity === followed.identity && followed.revision >= knownRevision)
  if (!canContinue(instance) || !canContinue(resources)) return false
  const contradictions = await findContradictions(publications, followed, signal)
  return Object.keys(contradictions).length === 0
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
