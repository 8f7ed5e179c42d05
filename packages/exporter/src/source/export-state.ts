import {
  entrySet,
  type Domain,
  type EntrySet,
  type FieldProtection,
  type ProtectionOf,
  type SourceState,
} from '@outlast/snapshot'
import { modificationsOf, type Modifications } from './modifications.ts'

/**
 * A source's state, in sets that remember how they were laid out: so an export costs what has changed. Resources are as
 * they are going to be stored, with their fields encrypted.
 */
export interface ExportState extends Readonly<Record<Domain, EntrySet>> {
  readonly identity: string
  readonly revision: number
  readonly modifications: Modifications
  /** What the resources are encrypted with: the keyring of this very state. */
  readonly fields: FieldProtection
}

/** Throws `TypeError` when the source's entries are no configuration. */
export function exportState(
  { identity, revision, modified, ...entries }: SourceState,
  protectionOf: ProtectionOf,
): ExportState {
  const fields = protectionOf(entries.instance)
  const sets = {
    resources: entrySet(entries.resources.map((entry) => fields.protect(entry))),
    instance: entrySet(entries.instance),
  }
  return { identity, revision, ...sets, modifications: modificationsOf(sets, modified), fields }
}
