import { checkEntries } from '../entries/check-entries.ts'
import type { ConfigSource, SourceState } from './config-source.ts'
import type { Entry } from '../entries/entry.ts'
import { SourceError } from './source-error.ts'
import { untilAborted } from '../until-aborted.ts'

export interface PollSourceOptions {
  /** Identity of the source's lineage, stable across restarts; another one when the data starts anew. */
  readonly identity: string
  /** For logs and status, without secrets. Default: the identity. */
  readonly name?: string | undefined
  /** Reads everything as of one revision (one transaction), never a mixture. */
  readonly load: (options: { readonly signal: AbortSignal }) => Promise<{
    /** A counter that never falls while the identity stays. A safe integer. */
    readonly revision: number
    readonly resources: readonly Entry[]
    readonly instance?: readonly Entry[] | undefined
    /** By `entryKey`, the revision that last modified each entry, where the data tells; see `SourceState`. */
    readonly modified?: SourceState['modified']
  }>
  /** Deadline of `load`, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined
}

/**
 * A `ConfigSource` from one function that reads the whole configuration.
 * What the function throws becomes a `SourceError` with code `unavailable`; an answer that is
 * no configuration becomes `invalid-response`.
 */
export function pollSource(options: PollSourceOptions): ConfigSource {
  const { identity, name = identity, timeoutMs = 30_000 } = options
  return {
    name,
    async load({ signal } = {}) {
      signal?.throwIfAborted()
      const deadline = AbortSignal.timeout(timeoutMs)
      const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
      try {
        const answer = await untilAborted(options.load({ signal: either }), either)
        return check({ identity, ...answer, instance: answer.instance ?? [] }, name)
      } catch (error) {
        signal?.throwIfAborted()
        if (SourceError.isInstance(error)) throw error
        const reason = deadline.aborted ? `gave no answer within ${timeoutMs} ms` : 'could not be loaded'
        throw new SourceError('unavailable', `The source ${name} ${reason}`, { cause: error })
      }
    },
  }
}

function check(state: SourceState, name: string): SourceState {
  const { identity, revision, resources, instance, modified } = state
  const problem =
    Number.isSafeInteger(revision) && revision >= 0
      ? (checkEntries(resources) ?? checkEntries(instance) ?? checkModified(modified, revision))
      : 'the revision must be a safe integer that is not negative'
  if (problem !== undefined) throw new SourceError('invalid-response', `The source ${name}: ${problem}`)
  return { identity, revision, resources, instance, modified }
}

function checkModified(modified: SourceState['modified'], revision: number): string | undefined {
  for (const revisions of [modified?.resources, modified?.instance]) {
    for (const [key, at] of revisions ?? []) {
      if (!Number.isSafeInteger(at) || at < 0 || at > revision)
        return `${key} must have been modified at a revision between 0 and that of the whole`
    }
  }
  return undefined
}
