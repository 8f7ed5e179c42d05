import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import {
  errorMessage,
  type Clock,
  type Domain,
  type Entry,
  type EntryRef,
  type FieldProtection,
  type Logger,
} from '@outlast/snapshot'
import type { ExportState } from '../source/export-state.ts'

/** Something that a gateway would stumble over. It is backed up nevertheless. */
export interface ContentIssue extends EntryRef {
  readonly domain: Domain
  /** JSON Pointer (RFC 6901) into the entry's value; absent when the whole entry is meant. */
  readonly path?: string | undefined
  /** `invalid`: the entry by itself; `dangling`: what it refers to is not there. */
  readonly severity: 'invalid' | 'dangling'
}

/**
 * Looks through a configuration, whose fields are in clear. What it yields in between, `undefined`, is where others may
 * go on for a while: so it should yield at every entry. Entries of a watched source that have not changed since the last
 * call are the same objects.
 */
export type ValidateContent = (
  configuration: Readonly<Record<Domain, Iterable<Entry>>>,
) => Iterable<ContentIssue | undefined>

export interface ContentStatus {
  /** When the last look ended; milliseconds since the Unix epoch. */
  readonly at: number
  /** The source revision that was looked at. */
  readonly revision: number
  readonly invalid: number
  readonly dangling: number
  /** The first fifty: names and places, never values. */
  readonly issues: readonly ContentIssue[]
}

/** Looks at what was published, afterwards and in the background: it delays no export, and the process not for long. */
export interface ContentValidation {
  /**
   * Looks at a new state, after the one that is being looked at; of those that wait, the last one. At one that is not new
   * only when nothing was looked at before.
   */
  look(state: ExportState, isNew: boolean): void
  /** Breaks off. */
  stop(): Promise<void>
  status(): ContentStatus | undefined
}

const shownIssues = 50
/** How long it may keep others from going on at a time. */
const sliceMs = 5
/**
 * After a look that took longer than one slice, the next one comes this many times as long afterwards. A look costs what the
 * whole configuration costs, whatever has changed, and shall not be most of what a change costs.
 */
const restFactor = 9

export function contentValidation(options: {
  readonly group: string
  readonly validate: ValidateContent
  readonly clock: Clock
  readonly logger: Logger
}): ContentValidation {
  const { group, validate, clock, logger } = options
  const stopping = new AbortController()
  let waiting: ExportState | undefined
  let work: Promise<void> | undefined
  let status: ContentStatus | undefined
  let reveal: { readonly fields: FieldProtection; readonly entry: (entry: Entry) => Entry } | undefined

  const inspect = async (state: ExportState): Promise<void> => {
    const { revision } = state
    const counts = { invalid: 0, dangling: 0 }
    const issues: ContentIssue[] = []
    // Real time, whatever the clock says: this is about the processor.
    let sliceEnd = performance.now() + sliceMs
    if (reveal?.fields !== state.fields) reveal = { fields: state.fields, entry: rememberedReveal(state.fields) }
    for (const issue of validate({ instance: state.instance, resources: mapped(state.resources, reveal.entry) })) {
      if (issue !== undefined) {
        counts[issue.severity] += 1
        const { domain, kind, id, path, severity } = issue
        if (issues.length < shownIssues) issues.push({ domain, kind, id, path, severity })
      }
      if (performance.now() < sliceEnd) continue
      await nextTurn(undefined, { signal: stopping.signal })
      sliceEnd = performance.now() + sliceMs
    }
    const isNews = counts.invalid !== (status?.invalid ?? 0) || counts.dangling !== (status?.dangling ?? 0)
    status = { at: clock.now(), revision, ...counts, issues }
    if (!isNews) return
    if (issues.length === 0) logger.info({ group }, 'every entry of the backup is valid again')
    else logger.warn({ group, ...counts, first: issues[0] }, 'the backup holds entries that a gateway would refuse')
  }

  const run = async (): Promise<void> => {
    // After whatever is due at this moment: the export's own end.
    await nextTurn()
    while (waiting !== undefined && !stopping.signal.aborted) {
      const state = waiting
      waiting = undefined
      const begunAt = performance.now()
      try {
        await inspect(state)
      } catch (error) {
        if (!stopping.signal.aborted) {
          logger.warn({ group, error: errorMessage(error) }, 'the configuration could not be validated')
        }
      }
      const tookMs = performance.now() - begunAt
      // No process has to stay for it.
      const resting = { ref: false, signal: stopping.signal }
      if (tookMs > sliceMs) await pause(tookMs * restFactor, undefined, resting).catch(() => undefined)
    }
    work = undefined
  }

  return {
    look: (state, isNew) => {
      if (!isNew && (work !== undefined || status !== undefined)) return
      waiting = state
      work ??= run()
    },
    stop: async () => {
      stopping.abort()
      await work
    },
    status: () => status,
  }
}

/** An entry as the source has it. Most hold no secret, and are what they were. */
function rememberedReveal(fields: FieldProtection): (entry: Entry) => Entry {
  const known = new WeakMap<Entry, Entry>()
  return (entry) => {
    const before = known.get(entry)
    if (before !== undefined) return before
    const revealed = fields.reveal(entry).entry
    known.set(entry, revealed)
    return revealed
  }
}

/** One after the other, as they are asked for, and again for everybody who asks. */
function mapped(entries: Iterable<Entry>, map: (entry: Entry) => Entry): Iterable<Entry> {
  return {
    *[Symbol.iterator]() {
      for (const entry of entries) yield map(entry)
    },
  }
}
