import {
  diffEntries,
  entryKey,
  SourceError,
  type Domain,
  type Entry,
  type EntryChanges,
  type SourceState,
  type SourceUpdate,
} from '@outlast/snapshot'
import { domains } from './judge-lineage.ts'

/** The newest state of a watched source, kept up to date change by change. */
export interface FollowedConfiguration {
  readonly position: { readonly identity: string; readonly revision: number }
  /** Whether the update brought news. Throws `SourceError` when it cannot follow the state, which then stays as it is. */
  apply(update: SourceUpdate): boolean
  state(): SourceState
}

export function followedConfiguration(initial: SourceState): FollowedConfiguration {
  let { identity, revision } = initial
  let entries = indexed(initial)
  let complete: SourceState | undefined = initial

  return {
    get position() {
      return { identity, revision }
    },
    apply: (update) => {
      if (update.type === 'state') {
        const { state } = update
        const isNews = state.identity !== identity || domains.some((domain) => differs(entries[domain], state[domain]))
        ;({ identity, revision } = state)
        entries = indexed(state)
        complete = state
        return isNews
      }
      if (update.type === 'progress' ? update.revision < revision : update.revision <= revision)
        throw new SourceError('invalid-response', 'the source went back without giving its state')
      if (update.type === 'change') {
        applyChanges(entries.resources, update.resources)
        applyChanges(entries.instance, update.instance)
      }
      revision = update.revision
      complete = undefined
      return update.type === 'change'
    },
    state: () =>
      (complete ??= {
        identity,
        revision,
        resources: [...entries.resources.values()],
        instance: [...entries.instance.values()],
      }),
  }
}

type Index = Record<Domain, Map<string, Entry>>

function indexed(state: SourceState): Index {
  const byKey = (list: readonly Entry[]) => new Map(list.map((entry) => [entryKey(entry), entry]))
  return { resources: byKey(state.resources), instance: byKey(state.instance) }
}

function differs(before: Map<string, Entry>, after: readonly Entry[]): boolean {
  const { upserted, removed } = diffEntries([...before.values()], after)
  return upserted.length + removed.length > 0
}

function applyChanges(entries: Map<string, Entry>, changes: EntryChanges): void {
  for (const ref of changes.removed) entries.delete(entryKey(ref))
  for (const entry of changes.upserted) entries.set(entryKey(entry), entry)
}
