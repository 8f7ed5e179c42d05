import {
  entryKey,
  SourceError,
  type Domain,
  type Entry,
  type EntryChanges,
  type SourceState,
  type SourceUpdate,
} from '@outlast/snapshot'

/** The newest state of a watched source, kept up to date change by change. */
export interface FollowedConfiguration {
  readonly position: { readonly identity: string; readonly revision: number }
  /** Throws `SourceError` when the update cannot follow the state; it then is unchanged. */
  apply(update: SourceUpdate): void
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
        ;({ identity, revision } = update.state)
        entries = indexed(update.state)
        complete = update.state
        return
      }
      if (update.type === 'progress' ? update.revision < revision : update.revision <= revision)
        throw new SourceError('invalid-response', 'the source went back without giving its state')
      if (update.type === 'change') {
        applyChanges(entries.resources, update.resources)
        applyChanges(entries.instance, update.instance)
      }
      revision = update.revision
      complete = undefined
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

function applyChanges(entries: Map<string, Entry>, changes: EntryChanges): void {
  for (const ref of changes.removed) entries.delete(entryKey(ref))
  for (const entry of changes.upserted) entries.set(entryKey(entry), entry)
}
