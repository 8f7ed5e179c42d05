import {
  diffEntries,
  isSameProtection,
  SourceError,
  type Configuration,
  type Domain,
  type Entry,
  type EntryChanges,
  type EntrySet,
  type FieldProtection,
  type ProtectionOf,
  type SourceUpdate,
} from '@outlast/snapshot'
import type { ExportState } from './export-state.ts'
import { domains } from '../domains.ts'
import { modificationsOf } from './modifications.ts'
import { rekey } from './rekey.ts'

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

export function followedConfiguration(initial: ExportState, protectionOf: ProtectionOf): FollowedConfiguration {
  let state = initial

  /** The very same protection as long as the keys are the same. */
  const fieldsWith = (instance: Iterable<Entry>): FieldProtection => {
    const fields = protectionOf(instance)
    return isSameProtection(fields, state.fields) ? state.fields : fields
  }

  const replace = (update: Extract<SourceUpdate, { type: 'state' }>): boolean => {
    const { identity, revision, modified, instance } = update.state
    const fields = fieldsWith(instance)
    const resources = update.state.resources.map((entry) => fields.protect(entry))
    const changes = difference(state, { resources, instance })
    const isNews = identity !== state.identity || domains.some((domain) => !isEmpty(changes[domain]))
    const sets = {
      resources: state.resources.with(changes.resources),
      instance: state.instance.with(changes.instance),
    }
    state = { identity, revision, ...sets, modifications: modificationsOf(sets, modified), fields }
    return isNews
  }

  const resourcesFor = (fields: FieldProtection): EntrySet => {
    if (fields === state.fields) return state.resources
    const { resources, replaced } = rekey(state.resources, state.fields, fields)
    state.modifications.carry(replaced)
    return resources
  }

  const change = (update: Extract<SourceUpdate, { type: 'change' }>): void => {
    const { revision } = update
    const instance = state.instance.with(update.instance)
    // Only another instance configuration can have other keys.
    const fields = instance === state.instance ? state.fields : fieldsWith(instance)
    const upserted = update.resources.upserted.map((entry) => fields.protect(entry))
    const resources = resourcesFor(fields).with({ upserted, removed: update.resources.removed })
    state = { ...state, revision, resources, instance, fields }
    state.modifications.note([...upserted, ...update.instance.upserted], revision)
  }

  return {
    get position() {
      return { identity: state.identity, revision: state.revision }
    },
    apply: (update) => {
      if (update.type === 'state') return replace(update)
      const { revision } = update
      if (update.type === 'progress' ? revision < state.revision : revision <= state.revision)
        throw new SourceError('invalid-response', 'the source went back without giving its state')
      if (update.type === 'progress') {
        state = { ...state, revision }
        return false
      }
      change(update)
      return true
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
