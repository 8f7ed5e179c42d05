import {
  diffEntries,
  SourceError,
  type Configuration,
  type Domain,
  type EntryChanges,
  type SourceUpdate,
} from '@outlast/snapshot'
import type { ExportState } from './export-state.ts'
import { domains } from './judge-lineage.ts'

/** The newest state of a watched source, kept up to date change by change. */
export interface FollowedConfiguration {
  readonly position: { readonly identity: string; readonly revision: number }
  /**
   * Whether the update brought news. Throws `SourceError` when it cannot follow the state, and `TypeError` when it
   * brings what is no entry; the state then stays as it is.
   */
  apply(update: SourceUpdate): boolean
  state(): ExportState
}

export function followedConfiguration(initial: ExportState): FollowedConfiguration {
  let state = initial

  const follow = (identity: string, revision: number, changes: Readonly<Record<Domain, EntryChanges>>): void => {
    state = {
      identity,
      revision,
      resources: state.resources.with(changes.resources),
      instance: state.instance.with(changes.instance),
    }
  }

  return {
    get position() {
      return { identity: state.identity, revision: state.revision }
    },
    apply: (update) => {
      if (update.type === 'state') {
        const { identity, revision } = update.state
        const changes = difference(state, update.state)
        const isNews = identity !== state.identity || domains.some((domain) => !isEmpty(changes[domain]))
        follow(identity, revision, changes)
        return isNews
      }
      const { revision } = update
      if (update.type === 'progress' ? revision < state.revision : revision <= state.revision)
        throw new SourceError('invalid-response', 'the source went back without giving its state')
      if (update.type === 'change') follow(state.identity, revision, update)
      else state = { ...state, revision }
      return update.type === 'change'
    },
    state: () => state,
  }
}

function difference(before: ExportState, after: Configuration): Record<Domain, EntryChanges> {
  return {
    resources: diffEntries([...before.resources], after.resources),
    instance: diffEntries([...before.instance], after.instance),
  }
}

function isEmpty({ upserted, removed }: EntryChanges): boolean {
  return upserted.length === 0 && removed.length === 0
}
