import type { ConfigSource, SourceState, SourceUpdate } from './config-source.ts'
import { diffEntries } from '../diff/diff-entries.ts'
import { entryKey, type Domain, type Entry, type EntryChanges, type EntryRef } from '../entries/entry.ts'
import { untilAborted } from '../until-aborted.ts'

// A watcher that is further behind gets the whole state instead.
const maximumHistory = 1000

/** A configuration in memory that can be changed and watched: for tests, and for embedders whose configuration lives in the process. */
export interface MemorySource extends ConfigSource {
  /** Identity of the lineage. Setting it makes watchers get the whole state again. */
  identity: string
  readonly revision: number
  /** Adds or replaces one entry and raises the revision by one. */
  put(domain: Domain, entry: Entry): void
  /** Removes one entry, if it is there, and raises the revision by one. */
  delete(domain: Domain, ref: EntryRef): void
  /**
   * Replaces everything. The revision rises by one, and only what differs is modified, unless the new state says otherwise:
   * its revision may fall or jump, as that of a store that was filled anew under the same identity. All entries count
   * as modified at that revision then, or when `modified` says.
   */
  replace(state: Partial<SourceState>): void
  /** Makes `load` and `watch` fail with this error until it is called with `undefined`. */
  fail(error: Error | undefined): void
}

type Change = Extract<SourceUpdate, { type: 'change' }>
type Modified = Readonly<Record<Domain, Map<string, number>>>

const domains: readonly Domain[] = ['resources', 'instance']
const none: EntryChanges = { upserted: [], removed: [] }

/** Makes a `MemorySource`; it starts empty, at revision 0, with the identity `memory`, unless `initial` says otherwise. */
export function memorySource(
  initial: Partial<SourceState> & { readonly name?: string | undefined } = {},
): MemorySource {
  let identity = initial.identity ?? 'memory'
  let revision = initial.revision ?? 0
  let resources = index(initial.resources)
  let instance = index(initial.instance)
  let modified = modifiedIn(initial, revision)
  let failure: Error | undefined
  // Changes that lead to `revision`, one for each number without a gap.
  let history: Change[] = []
  // Counts the times that the past was cut off.
  let generation = 0
  let moved = Promise.withResolvers<void>()

  function wake(): void {
    moved.resolve()
    moved = Promise.withResolvers<void>()
  }

  function state(): SourceState {
    return {
      identity,
      revision,
      resources: [...resources.values()],
      instance: [...instance.values()],
      modified: { resources: new Map(modified.resources), instance: new Map(modified.instance) },
    }
  }

  function record(changes: { readonly [Name in Domain]?: EntryChanges }): void {
    revision += 1
    const all = { resources: none, instance: none, ...changes }
    for (const domain of domains) {
      for (const ref of all[domain].removed) modified[domain].delete(entryKey(ref))
      for (const entry of all[domain].upserted) modified[domain].set(entryKey(entry), revision)
    }
    history.push({ type: 'change', revision, ...all })
    if (history.length > maximumHistory) history.shift()
    wake()
  }

  function beginAnew(): void {
    history = []
    generation += 1
    wake()
  }

  function updatesSince(
    from: { readonly identity: string; readonly revision: number } | undefined,
  ): readonly SourceUpdate[] {
    const behind = from?.identity === identity ? revision - from.revision : Number.NaN
    if (behind === 0) return []
    return behind > 0 && behind <= history.length ? history.slice(-behind) : [{ type: 'state', state: state() }]
  }

  return {
    name: initial.name ?? 'memory',
    get identity() {
      return identity
    },
    set identity(value) {
      identity = value
      beginAnew()
    },
    get revision() {
      return revision
    },
    put(domain, entry) {
      const entries = domain === 'resources' ? resources : instance
      entries.set(entryKey(entry), entry)
      record({ [domain]: { upserted: [entry], removed: [] } })
    },
    delete(domain, ref) {
      const entries = domain === 'resources' ? resources : instance
      const existed = entries.delete(entryKey(ref))
      record({ [domain]: { upserted: [], removed: existed ? [{ kind: ref.kind, id: ref.id }] : [] } })
    },
    replace(next) {
      const before = state()
      resources = index(next.resources)
      instance = index(next.instance)
      const isNextRevision = next.revision === undefined || next.revision === revision + 1
      if (isNextRevision && (next.identity ?? identity) === identity) {
        const after = state()
        record({
          resources: diffEntries(before.resources, after.resources),
          instance: diffEntries(before.instance, after.instance),
        })
      } else {
        identity = next.identity ?? identity
        revision = next.revision ?? revision + 1
        modified = modifiedIn(next, revision)
        beginAnew()
      }
    },
    fail(error) {
      failure = error
      wake()
    },
    async load(options) {
      options?.signal?.throwIfAborted()
      if (failure !== undefined) throw failure
      return state()
    },
    async *watch({ from, signal }) {
      let seen = from
      let seenGeneration = generation
      while (true) {
        signal?.throwIfAborted()
        if (failure !== undefined) throw failure
        const next = moved.promise
        const updates = updatesSince(seenGeneration === generation ? seen : undefined)
        seen = { identity, revision }
        seenGeneration = generation
        yield* updates
        await untilAborted(next, signal)
      }
    },
  }
}

function index(entries: readonly Entry[] = []): Map<string, Entry> {
  return new Map(entries.map((entry) => [entryKey(entry), entry]))
}

function modifiedIn(state: Partial<SourceState>, revision: number): Modified {
  const inDomain = (domain: Domain): Map<string, number> =>
    new Map(
      (state[domain] ?? []).map((entry) => {
        const key = entryKey(entry)
        return [key, state.modified?.[domain].get(key) ?? revision]
      }),
    )
  return { resources: inDomain('resources'), instance: inDomain('instance') }
}
